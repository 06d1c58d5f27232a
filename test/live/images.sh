#!/bin/sh
# Builds the images of examples/after/packages where Debian's packages can be reached, since engines of the tests have no
# way out: images.sh LABWRIGHT prints the archive in the cache folder that holds them all. As root.
set -eu
labwright=$(realpath -e "$1")
here=$(cd "$(dirname "$0")" && pwd)
cache=${LABWRIGHT_LIVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labwright-live}
if [ -z "${LABWRIGHT_IN_NAMESPACE:-}" ]; then
	sh "$here/prepare.sh" "$cache" >&2
	LABWRIGHT_IN_NAMESPACE=1 exec unshare -m --propagation private sh "$0" "$labwright"
fi
examples=$(realpath "$here/../../examples")
key=$(cd "$examples/after" && find packages/images production/family-assistant/app -type f | sort | xargs sha256sum | sha256sum | cut -c 1-16)
archive=$cache/packages-$key.tar
exec 9>"$cache/.images"
flock -w 1200 9
[ ! -s "$archive" ] || { echo "$archive"; exit 0; }
work=$(mktemp -d /tmp/labwright-images.XXXXXX)
PATH=$cache/root/usr/sbin:$cache/root/usr/bin:$PATH
export PATH
finish() {
	code=$?
	trap - EXIT INT TERM
	podman --root "$work/data" --runroot "$work/run" --tmpdir "$work/tmp" system reset --force >/dev/null 2>&1 || :
	awk -v work="$work" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount" 2>/dev/null || :; done
	rm -rf "$work" 2>/dev/null || :
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
umount /sys/fs/cgroup/unified 2>/dev/null || :
. "$here/podman.sh"
podman_settings "$cache"
pod() {
	podman --root "$work/data" --runroot "$work/run" --tmpdir "$work/tmp" --storage-driver "${LABWRIGHT_PODMAN_STORAGE:-overlay}" "$@" >&2
}

[ -s "$cache/slim.tar" ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$cache/slim-new.tar" >&2
[ -s "$cache/slim.tar" ] || mv "$cache/slim-new.tar" "$cache/slim.tar"
pod import --quiet "$cache/slim.tar" docker.io/library/debian:12-slim
cp -r "$examples/after" "$work/after"
git -C "$work/after" init -q
git -C "$work/after" add -A
"$labwright" up "$work/after/packages" --dry-run --format json 2>/dev/null >"$work/wanted.json" || :
jq -r '.images[] | [.image, .context, .dockerfile] | @tsv' "$work/wanted.json" >"$work/images"
while read -r image context file; do
	pod build --quiet --pull=never --network=host --tag "$image" --file "$work/after/$context/$file" "$work/after/$context" <&-
done <"$work/images"
# shellcheck disable=SC2046
pod save --quiet --multi-image-archive --format docker-archive --output "$work/all.tar" $(cut -f 1 "$work/images")
rm -f "$cache"/packages-*.tar
mv "$work/all.tar" "$archive"
echo "$archive"
