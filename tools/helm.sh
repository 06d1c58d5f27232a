#!/bin/sh
# Builds the helm that test/command/45-render.sh asks, from Go modules into ~/.cache/labwright-helm, once for each version;
# takes some minutes of two cores, at the lowest priority. Without it, and without a helm in PATH, those tests are skipped.
# Needs Go 1.21 or newer, which brings the one that helm asks for by itself.
set -eu
version=v3.17.3
folder=$HOME/.cache/labwright-helm
[ -x "$folder/helm-$version" ] || {
	mkdir -p "$folder"
	GOBIN=$folder CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-p=2 -trimpath -buildvcs=false" \
		nice -n 19 go install -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@$version"
	mv "$folder/helm" "$folder/helm-$version"
}
ln -sf "helm-$version" "$folder/helm"
echo "$folder/helm"
