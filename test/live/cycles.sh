#!/bin/sh
# Whatever is killed, the next `up` makes it right: cycles.sh LABWRIGHT ENGINE [CYCLES], by engine.sh. A cycle kills
# containers, the engine or labwright itself in the middle of its work, sometimes changes what is wanted, and then asks
# that one `up` brings all of it back, that there is nothing beside it, and that every byte of every volume is there.
# LABWRIGHT_SEED repeats a run; a failure leaves what was said in LABWRIGHT_KEEP, if that is a folder.
#
# Probes have time: on a machine with other work a second is not enough for a program that is well. An `up` that gave one
# up for slowness alone, and says so, is run once more; it is counted, and told.
. "$(dirname "$0")/../command/tap.sh"
engine=$2 cycles=${3:-6}
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
cp -r "$here/homelab" lab
git init -q -b main lab
cd lab || exit 1
rm -r shop
git add -A
seed=${LABWRIGHT_SEED:-$$}
echo "# seed $seed"
# A number below $1, the same again for the same seed.
below() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	number_below=$((seed / 65536 % $1))
}
api() {
	curl -sS --max-time 120 --retry 20 --retry-all-errors --retry-delay 1 --unix-socket "${DOCKER_HOST#unix://}" "$@" 2>/dev/null
}
names() {
	api 'http://engine/v1.41/containers/json?all=1' | jq -r '[.[].Names[0] | ltrimstr("/")] | sort | join(" ")'
}
answers() {
	for _ in $(seq 300); do
		curl -sS --max-time 20 --unix-socket "${DOCKER_HOST#unix://}" http://engine/_ping >/dev/null 2>&1 && return
		sleep 0.2
	done
}
volume() {
	"$labwright" exec core/owned -- sh -c "$1"
}
# What went wrong, and what everybody said.
bad() {
	bad=1
	echo "# cycle $cycle, kind $kind: $1"
	sed 's/^/# out: /' "$out" | tail -40
	sed 's/^/# err: /' "$err" | tail -10
	tail -5 "$LABWRIGHT_ENGINE_LOG" | cut -c 1-300 | sed 's/^/# engine: /'
	[ ! -d "${LABWRIGHT_KEEP:-/none}" ] || cp "$out" "$err" "$LABWRIGHT_ENGINE_LOG" "$LABWRIGHT_KEEP/"
}
# One `up`; another only where all that failed was too slow.
mend() {
	run up --proxy-image labwright.test/base:12 apps
	[ "$code" -ne 1 ] || grep '✗' "$out" | grep -qvE 'not ready after|it starts after' || {
		slow=$((slow + 1))
		run up --proxy-image labwright.test/base:12 apps
	}
	[ "$code" -eq 0 ] || bad "up ended with $code"
}
bad=0 cycle=0 slow=0 kind=first
run up --proxy-image labwright.test/base:12 apps
is "$engine: all runs before anything is killed" "$code" 0
wanted=$(names)
# None may be left over, whether it has a name or not.
volumes() {
	api http://engine/v1.41/volumes | jq '.Volumes | length'
}
wanted_volumes=$(volumes)

while [ "$cycle" -lt "$cycles" ] && [ "$bad" -eq 0 ]; do
	cycle=$((cycle + 1))
	below 1000000
	volume "head -c 100000 /dev/urandom >/data/block-$cycle && sync /data/block-$cycle && cd /data && sha256sum block-$cycle" >>"$folder/sums" 2>"$err" || bad 'cannot write'
	below 4
	kind=$number_below
	below 2
	[ "$number_below" -eq 0 ] || { echo "page $cycle" >apps/index.html; git add -A; }
	below 4000
	pause=$(printf '%d.%03d' $((number_below / 1000)) $((number_below % 1000)))
	case $kind in
	0 | 1) # some containers; those of labwright's own making included
		for name in $wanted; do
			below 3
			[ "$number_below" -ne 0 ] || api -X POST "http://engine/v1.41/containers/$name/kill" >/dev/null
			below 6
			[ "$number_below" -ne 0 ] || api -X DELETE "http://engine/v1.41/containers/$name?force=true" >/dev/null
		done
		;;
	2) # labwright, while it works
		echo "page of $cycle" >apps/index.html
		git add -A
		(exec "$labwright" up --proxy-image labwright.test/base:12 apps) >/dev/null 2>&1 &
		work=$!
		sleep "$pause"
		kill -KILL "$work" 2>/dev/null || :
		wait "$work" 2>/dev/null || :
		;;
	3) # the engine, while labwright works
		echo "page beside $cycle" >apps/index.html
		git add -A
		(exec "$labwright" up --proxy-image labwright.test/base:12 apps) >/dev/null 2>&1 &
		work=$!
		sleep "$pause"
		kill -KILL "$(cat "$LABWRIGHT_ENGINE_PID")"
		wait "$work" 2>/dev/null || :
		answers
		;;
	esac
	mend
	now=$(names)
	[ "$now" = "$wanted" ] || bad "there is $now"
	now=$(volumes)
	[ "$now" = "$wanted_volumes" ] || bad "there are $now volumes, not $wanted_volumes"
	volume "cat /data/a >/dev/null; cd /data && sha256sum block-*" 2>"$err" | sort >"$folder/now"
	sort "$folder/sums" | cmp -s - "$folder/now" || bad 'the volume differs'
	[ $((cycle % 10)) -ne 0 ] || echo "# $cycle cycles, $slow of them slow"
done
echo "# $cycle cycles, $slow of them slow"
is "$engine: $cycles cycles, each made right by one up" "$bad $cycle" "0 $cycles"
is "$engine: few of them for want of time" "$((slow * 5 <= cycles + 4))" 1
run up --proxy-image labwright.test/base:12 apps
is "$engine: one more is content" "$code" 0
has "$engine: since nothing is left to do" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'
run down --volumes --yes
is "$engine: nothing is left behind" "$(names)" ''
is "$engine: no volume either" "$(api http://engine/v1.41/volumes | jq '.Volumes | length')" 0
finish
