#!/bin/sh
# What works in several threads, under ThreadSanitizer:
#
#     run.sh LABWRIGHT [REPOSITORY…]      LABWRIGHT is of a build with -Db_sanitize=thread
#
# The bundled homelab comes first, and is enough to see most of the program; a repository of some hundred files gives the
# threads more to do. Says how many runs had a race, and shows the first of them.
set -eu
labwright=$(realpath "$1")
shift
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
export G_SLICE=always-malloc TSAN_OPTIONS="history_size=5 exitcode=66" XDG_CACHE_HOME="$work/cache"
runs=0 races=0

# A race is exit code 66; whatever else the command says is not asked here.
try() {
	runs=$((runs + 1)) code=0
	timeout 900 "$labwright" "$@" > /dev/null 2> "$work/said" || code=$?
	[ $code -eq 66 ] || return 0
	races=$((races + 1))
	echo "race: labwright $*"
	[ $races -gt 1 ] || sed -n 1,60p "$work/said"
}

sh "$top/examples/history.sh" "$work/homelab" > /dev/null
for repository in "$work/homelab" "$@"; do
	try check --no-cache --threads 8 --profile strict "$repository"
	try check --threads 8 --profile strict "$repository" # keeps what it reads …
	try check --threads 8 --profile strict "$repository" # … and takes it from there
	try fix --derive "$repository"
	try organize "$repository"
	try place "$repository"
	try blame "$repository"
	try history --weeks 8 "$repository"
done
try improve "$work/homelab"
echo "$runs runs, $races with a race"
[ $races -eq 0 ]
