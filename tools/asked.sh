#!/bin/sh
# Builds the helm or the kustomize that `check --render` asks in the tests, from Go modules into ~/.cache/labwright-asked, once
# for each version, and prints its path: asked.sh helm|kustomize. Takes some minutes of two cores, at the lowest priority.
# Without it, and without one in PATH, those tests are skipped.
set -eu
name=$1 folder=$HOME/.cache/labwright-asked
case $name in
helm) version=v3.17.3 package=helm.sh/helm/v3/cmd/helm flags= ;;
kustomize)
	version=v5.7.1 package=sigs.k8s.io/kustomize/kustomize/v5
	flags="-X sigs.k8s.io/kustomize/api/provenance.version=$version"
	;;
*) echo "$name is neither helm nor kustomize" >&2; exit 2 ;;
esac
if [ ! -x "$folder/$name-$version" ]; then
	go=$(sh "$(dirname "$0")/go.sh")
	mkdir -p "$folder"
	unset GOROOT
	GOBIN=$folder CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-p=2 -trimpath -buildvcs=false" \
		nice -n 19 "$go" install -ldflags "-s -w $flags" "$package@$version" >&2
	mv "$folder/$name" "$folder/$name-$version"
fi
ln -sf "$name-$version" "$folder/$name"
echo "$folder/$name"
