#!/bin/sh
# Brings the engines and the base image of the live tests into a cache folder, once: prepare.sh FOLDER. As root.
set -eu
cache=$1
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -w 600 9
[ -f "$cache/ready-2" ] && [ -x "$cache/root/usr/bin/docker-registry" ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update -qq
# What the engines call: a helper that is no engine starts nothing when it is installed.
apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends curl dnsmasq-base iproute2 iptables mmdebstrap util-linux libdevmapper1.02.1 libgpgme11 \
	libsubid4 libseccomp2 libnftables1 nftables >/dev/null
# bring PACKAGE…: unpacked into a root of their own.
bring() {
	rm -rf "$cache/debs"
	mkdir -p "$cache/root" "$cache/debs"
	(cd "$cache/debs" && apt-get download -qq "$@" 2>/dev/null)
	for package in "$cache"/debs/*.deb; do
		dpkg -x "$package" "$cache/root"
	done
	rm -rf "$cache/debs"
}
[ -x "$cache/root/usr/bin/docker-registry" ] || bring docker-registry
[ ! -f "$cache/ready-2" ] || exit 0
bring docker.io containerd runc tini podman conmon catatonit netavark aardvark-dns golang-github-containers-common golang-github-containers-image
# One image for all that the tests run; its programs are Debian's.
rm -rf "$cache/base.tar"
mmdebstrap --quiet --variant=minbase --include=ca-certificates,curl,haproxy,netcat-openbsd,procps,python3,redis-server \
	bookworm "$cache/base-new.tar"
mv "$cache/base-new.tar" "$cache/base.tar"
touch "$cache/ready-2"
