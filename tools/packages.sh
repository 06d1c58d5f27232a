#!/bin/sh
# packages.sh PACKAGE…: installs what is missing of Debian's packages. Asks dpkg first, so that a machine that has them
# all is neither slowed down nor needs root. Elsewhere than on Debian the build says itself what it lacks.
set -eu
command -v dpkg-query >/dev/null || exit 0
missing=
for package; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "missing packages; as root: apt-get install$missing" >&2
	exit 1
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
