#!/bin/sh
# Runs a command beside a real container engine that is its own: in mount and network namespaces of its own, with nothing
# but loopback, so that no firewall chain, bridge or container of the machine is touched and nothing gets out.
#
#     engine.sh dockerd|podman COMMAND [WORD…]
#
# The command runs in the same namespaces with DOCKER_HOST set. Engines come from Debian's packages into a cache folder
# and are not installed: a package of an engine would start it in the machine's own network. The base image is made there
# once. As root.
set -eu
which=$1
[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP engines of their own need root"; exit 0; }
shift
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/labwright-live
case ${LABWRIGHT_LIVE_CACHE:-} in ?*) cache=$LABWRIGHT_LIVE_CACHE ;; esac
export LABWRIGHT_LIVE_CACHE=$cache

if [ -z "${LABWRIGHT_IN_NAMESPACE:-}" ]; then
	sh "$here/prepare.sh" "$cache" || { echo "cannot prepare the engines in $cache" >&2; exit 77; }
	# The program of which the overlay's images are asked, where the command needs them.
	if [ -n "${LABWRIGHT_LIVE_PACKAGES:-}" ]; then
		LABWRIGHT_LIVE_IMAGES=$(sh "$here/images.sh" "$LABWRIGHT_LIVE_PACKAGES" "${LABWRIGHT_LIVE_OVERLAY:-packages}") || exit 77
		export LABWRIGHT_LIVE_IMAGES
	fi
	LABWRIGHT_IN_NAMESPACE=1 exec unshare -mn --propagation private sh "$0" "$which" "$@"
fi

run=$(mktemp -d /tmp/labwright-engine.XXXXXX)
PATH=$cache/root/usr/sbin:$cache/root/usr/bin:$PATH
export PATH
ip link set lo up
# Files of Secrets, and the locks of Podman, lie in memory: two engines at a time must not share them.
mount -t tmpfs none /dev/shm
pid= dns=
finish() {
	code=$?
	trap - EXIT INT TERM
	touch "$run/stop"
	engine=$(cat "$run/engine.pid" 2>/dev/null || :)
	if [ -n "$engine" ] && kill -TERM "$engine" 2>/dev/null; then
		for _ in $(seq 100); do kill -0 "$engine" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "$engine" 2>/dev/null || :
	fi
	[ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || :
	[ -z "$dns" ] || kill -TERM "$dns" 2>/dev/null || :
	names=$(cat /run/containers/networks/aardvark-dns/aardvark.pid 2>/dev/null || :)
	[ -z "$names" ] || kill -TERM "$names" 2>/dev/null || :
	# Shims and monitors outlive their engine; each keeps its files open below the folder.
	for shim in $(grep -lsF "$run" /proc/[0-9]*/cmdline 2>/dev/null | sed 's,/proc/\([0-9]*\)/.*,\1,'); do
		[ "$shim" = "$$" ] || kill -KILL "$shim" 2>/dev/null || :
	done
	awk -v run="$run" 'index($2, run) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount" 2>/dev/null || :; done
	rm -rf "$run" 2>/dev/null || :
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

# A name server that knows nothing, since one that does not answer at all makes every miss wait for seconds. Docker does
# not pass on an address of loopback to its containers, so it has one that looks like a router's.
ip address add 10.254.254.254/32 dev lo
echo 'nameserver 10.254.254.254' >"$run/resolv.conf"
mount --bind "$run/resolv.conf" /etc/resolv.conf
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --local=/#/ --bind-interfaces --listen-address=10.254.254.254 \
	--pid-file= --user=root >"$run/dns.log" 2>&1 &
dns=$!

# A disk of its own for the engine, of this size, for who wants to see it full.
if [ -n "${LABWRIGHT_LIVE_SIZE:-}" ]; then
	mkdir "$run/data"
	mount -t tmpfs -o "size=$LABWRIGHT_LIVE_SIZE" none "$run/data"
fi

# The engine, started again where somebody kills it; its number is in a file.
keep_running() {
	cd "$run" # conmon writes that memory ran out where it was started
	while [ ! -e "$run/stop" ]; do
		sh -c 'echo $$ >"$0"; exec "$@"' "$run/engine.pid" "$@" >>"$run/log" 2>&1 || :
		sleep 0.2
	done
}

# What is left of an unified hierarchy makes Podman take the machine for one with version 2.
umount /sys/fs/cgroup/unified 2>/dev/null || :
case $which in
dockerd)
	keep_running dockerd -H "unix://$run/engine.sock" --data-root "$run/data" --exec-root "$run/exec" --pidfile "$run/pid" \
		--containerd-namespace "lw$$" --log-level warn --shutdown-timeout 5 &
	;;
podman)
	. "$here/podman.sh"
	podman_settings "$cache"
	keep_running podman --root "$run/data" --runroot "$run/exec" --tmpdir "$run/tmp" \
		--storage-driver "${LABWRIGHT_PODMAN_STORAGE:-overlay}" system service --time=0 "unix://$run/engine.sock" &
	;;
*)
	echo "engine.sh: no engine '$which'" >&2
	exit 2
	;;
esac
pid=$!
for _ in $(seq 300); do
	[ -S "$run/engine.sock" ] && curl -fsS --max-time 2 --unix-socket "$run/engine.sock" http://engine/_ping >/dev/null 2>&1 && break
	sleep 0.1
done
curl -sS --fail-with-body --max-time 300 --unix-socket "$run/engine.sock" -X POST -H 'Content-Type: application/x-tar' \
	-T "$cache/base.tar" "http://engine/v1.41/images/create?fromSrc=-&repo=labwright.test/base&tag=latest" >"$run/import" || { cat "$run/import" "$run/log" >&2; exit 1; }
curl -fsS --unix-socket "$run/engine.sock" -X POST "http://engine/v1.41/images/labwright.test%2fbase:latest/tag?repo=labwright.test/base&tag=12"
[ -z "${LABWRIGHT_LIVE_IMAGES:-}" ] || curl -sS --fail-with-body --max-time 1200 --unix-socket "$run/engine.sock" -X POST \
	-H 'Content-Type: application/x-tar' -T "$LABWRIGHT_LIVE_IMAGES" "http://engine/v1.41/images/load" >"$run/load" || { cat "$run/load" >&2; exit 1; }
export DOCKER_HOST="unix://$run/engine.sock" LABWRIGHT_ENGINE=$which LABWRIGHT_ENGINE_LOG=$run/log LABWRIGHT_ENGINE_PID=$run/engine.pid
"$@"
