#!/bin/sh
# What action.yml runs: builds labwright where it is not installed, and checks. Debian and Ubuntu runners; as root, or by
# sudo for the packages. Values come by the environment, so that none of them is a word of this script.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
if ! command -v labwright >/dev/null; then
	root=
	[ "$(id -u)" -eq 0 ] || root="sudo -n"
	command -v make >/dev/null || { $root apt-get update -qq && $root apt-get install -y -qq make >/dev/null; }
	$root make -s -C "$here" build >&2
	PATH=$here/build:$PATH
fi
set -- check --format github "--fail-on=${LABWRIGHT_FAIL_ON:-error}"
[ -z "${LABWRIGHT_NEW_SINCE:-}" ] || set -- "$@" "--new-since=$LABWRIGHT_NEW_SINCE"
[ -z "${LABWRIGHT_SARIF:-}" ] || set -- "$@" "--format=sarif=$LABWRIGHT_SARIF"
exec labwright "$@" -- "${LABWRIGHT_PATH:-.}"
