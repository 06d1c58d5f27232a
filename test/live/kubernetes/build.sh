#!/bin/sh
# Builds a control plane and the program that plays its nodes from Go modules into a cache folder, once for each content
# of go.sum, and prints the folder: build.sh CACHE [kubectl]. Takes some nine minutes of two cores, at the lowest priority.
# build.sh --missing CACHE [kubectl] prints what would be built.
#
# Go is the machine's where it is 1.21 or newer: that brings the version which go.mod asks for by itself. Debian 12 has
# 1.19, which is good enough to bring the newer one as a module.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
only_say=
[ "$1" = --missing ] && only_say=1 && shift
cache=$1
folder=$cache/kubernetes-$(cat "$here/control/go.sum" "$here/nodes/go.sum" | sha256sum | cut -c 1-16)
wanted="etcd kube-apiserver kube-controller-manager kube-scheduler kwok ${2:-}"
missing() {
	for program in $wanted; do [ -x "$folder/$program" ] || printf '%s ' "$program"; done
}
[ -z "$only_say" ] || { missing; exit 0; }
# Who finds all of it there does not wait for who builds.
[ -n "$(missing)" ] || { echo "$folder"; exit 0; }
mkdir -p "$cache"
exec 9>"$cache/.kubernetes-lock"
flock 9
[ -n "$(missing)" ] || { echo "$folder"; exit 0; }

version() { "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9]*\)\.\([0-9]*\).*/\1\2/p'; }
go=
for candidate in "$(command -v go || :)" /usr/lib/go-1.19/bin/go; do
	[ -x "$candidate" ] || continue
	[ "$(version "$candidate")" -lt 121 ] || go=$candidate
	older=$candidate
	[ -z "$go" ] || break
done
if [ -z "$go" ]; then
	[ -n "${older:-}" ] || { echo "building Kubernetes needs Go: apt-get install golang-go" >&2; exit 1; }
	release=go$(sed -n 's/^toolchain go//p' "$here/control/go.mod").linux-$("$older" env GOARCH)
	"$older" mod download "golang.org/toolchain@v0.0.1-$release"
	found=$("$older" env GOMODCACHE)/golang.org/toolchain@v0.0.1-$release
	# A module's files are not executable, and not to be changed.
	rm -rf "$cache/go"
	cp -r "$found" "$cache/go"
	chmod -R u+w "$cache/go"
	chmod +x "$cache"/go/bin/* "$cache"/go/pkg/tool/*/*
	go=$cache/go/bin/go
	unset GOROOT
fi

export CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-p=2 -trimpath -buildvcs=false"
mkdir -p "$folder"
build() { # MODULE OUTPUT PACKAGE FLAGS
	echo "building $(basename "$2")" >&2
	(cd "$here/$1" && nice -n 19 "$go" build -mod=readonly -ldflags "-s -w $4" -o "$2.new" "$3" && mv "$2.new" "$2") >&2
}
for program in $wanted; do
	[ -x "$folder/$program" ] || case $program in
	etcd) build control "$folder/etcd" go.etcd.io/etcd/server/v3 "" ;;
	kwok)
		(cd "$here/nodes" && "$go" mod download sigs.k8s.io/kwok) >&2
		cp -r "$(cd "$here/nodes" && "$go" list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize" "$folder/"
		chmod -R u+w "$folder/kustomize"
		build nodes "$folder/kwok" sigs.k8s.io/kwok/cmd/kwok "" # last, since it stands for all of it
		;;
	*) build control "$folder/$program" "k8s.io/kubernetes/cmd/$program" \
		"-X k8s.io/component-base/version.gitVersion=$(sed -n 's,^\tk8s.io/kubernetes \(v[^ ]*\).*,\1,p' "$here/control/go.mod")" ;;
	esac
done
echo "$folder"
