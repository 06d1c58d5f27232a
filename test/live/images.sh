#!/bin/sh
# Builds the images of an overlay of examples/after where packages can be reached, since engines of the tests have no way
# out: images.sh LABWRIGHT [OVERLAY] prints the archive in the cache folder that holds them all. As root.
set -eu
labwright=$(realpath -e "$1")
overlay=${2:-packages}
here=$(cd "$(dirname "$0")" && pwd)
cache=${LABWRIGHT_LIVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labwright-live}
if [ -z "${LABWRIGHT_IN_NAMESPACE:-}" ]; then
	sh "$here/prepare.sh" "$cache" >&2
	LABWRIGHT_IN_NAMESPACE=1 exec unshare -m --propagation private sh "$0" "$labwright" "$overlay"
fi
examples=$(realpath "$here/../../examples")
work=$(mktemp -d /tmp/labwright-images.XXXXXX)
# Layers stay, since some take a quarter of an hour.
store=$cache/images
mkdir -p "$store"
PATH=$cache/root/usr/sbin:$cache/root/usr/bin:$PATH
export PATH
finish() {
	code=$?
	trap - EXIT INT TERM
	awk -v work="$store" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount" 2>/dev/null || :; done
	rm -rf "$work" 2>/dev/null || :
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
umount /sys/fs/cgroup/unified 2>/dev/null || :
. "$here/podman.sh"
podman_settings "$cache"
pod() {
	podman --root "$store/data" --runroot "$store/run" --tmpdir "$store/tmp" --storage-driver "${LABWRIGHT_PODMAN_STORAGE:-overlay}" "$@" >&2
}

# What the overlay wants is asked of labwright; the same images are made once for the same files.
cp -r "$examples/after" "$work/after"
git -C "$work/after" init -q
git -C "$work/after" add -A
"$labwright" up "$work/after/$overlay" --dry-run --format json 2>/dev/null >"$work/wanted.json" || :
jq -r '.images[] | [.image, .context, .dockerfile] | @tsv' "$work/wanted.json" | sort -u >"$work/images"
[ -s "$work/images" ] || { echo "images.sh: $overlay wants no image that is made here" >&2; exit 1; }
key=$(cd "$work/after" && cut -f 2 "$work/images" | sort -u | while read -r context; do find "$context" -type f; done | sort | xargs sha256sum | sha256sum | cut -c 1-16)
archive=$cache/$overlay-images-$key.tar
[ ! -s "$archive" ] || { echo "$archive"; exit 0; }
# Only who has something to make waits for others who do.
exec 9>"$cache/.images"
flock -w 5400 9
[ ! -s "$archive" ] || { echo "$archive"; exit 0; }

[ -s "$cache/slim.tar" ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$cache/slim-new.tar" >&2
[ -s "$cache/slim.tar" ] || mv "$cache/slim-new.tar" "$cache/slim.tar"
pod image exists docker.io/library/debian:12-slim || pod import --quiet "$cache/slim.tar" docker.io/library/debian:12-slim
# The way out that this machine has may be by authorities of its own; what packages write there is not kept.
while read -r image context file; do
	pod build --quiet --pull=never --network=host --layers --volume /etc/ssl/certs:/etc/ssl/certs:O --tag "$image" --file "$work/after/$context/$file" \
		"$work/after/$context" <&- || exit 1
done <"$work/images"
# shellcheck disable=SC2046
pod save --quiet --multi-image-archive --format docker-archive --output "$work/all.tar" $(cut -f 1 "$work/images")
rm -f "$cache/$overlay"-images-*.tar
mv "$work/all.tar" "$archive"
echo "$archive"
