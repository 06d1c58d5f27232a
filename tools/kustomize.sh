#!/bin/sh
# Builds the kustomize that test/command/46-kustomize.sh asks, from Go modules into ~/.cache/labwright-kustomize, once for
# each version; takes some minutes of two cores, at the lowest priority. Without it, and without a kustomize in PATH, those
# tests are skipped. Needs Go 1.21 or newer, which brings the one that kustomize asks for by itself.
set -eu
version=v5.7.1
folder=$HOME/.cache/labwright-kustomize
[ -x "$folder/kustomize-$version" ] || {
	mkdir -p "$folder"
	GOBIN=$folder CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-p=2 -trimpath -buildvcs=false" \
		nice -n 19 go install -ldflags "-s -w -X sigs.k8s.io/kustomize/api/provenance.version=$version" \
		"sigs.k8s.io/kustomize/kustomize/v5@$version"
	mv "$folder/kustomize" "$folder/kustomize-$version"
}
ln -sf "kustomize-$version" "$folder/kustomize"
echo "$folder/kustomize"
