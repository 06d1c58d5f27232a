#!/bin/sh
# Builds a control plane and the program that plays its nodes from Go modules into a cache folder, once for each content
# of go.sum, and prints the folder: build.sh CACHE [kubectl]. Takes some nine minutes of two cores, at the lowest priority.
# build.sh --missing CACHE [kubectl] prints what would be built.
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

go=$(sh "$here/../../../tools/go.sh")
unset GOROOT
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
