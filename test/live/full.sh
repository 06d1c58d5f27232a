#!/bin/sh
# The disk of the engine itself is full: full.sh LABWRIGHT ENGINE, by engine.sh with LABWRIGHT_LIVE_SIZE, so that its
# folder is a small file system of its own. `up` ends and says why, what ran runs on, and the next one goes on.
[ -n "${LABWRIGHT_LIVE_SIZE:-}" ] || { echo "full.sh fills the disk that the engine is on: LABWRIGHT_LIVE_SIZE=900m" >&2; exit 2; }
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
data=$(dirname "$LABWRIGHT_ENGINE_PID")/data
git init -q -b main lab
cd lab || exit 1
printf 'engine: {proxy-image: labwright.test/base:12}\n' >labwright.yaml
api() {
	curl -sS --max-time 60 --unix-socket "${DOCKER_HOST#unix://}" "$@" 2>/dev/null
}
names() {
	api 'http://engine/v1.41/containers/json?all=1' | jq -r '[.[].Names[0] | ltrimstr("/")] | sort | join(" ")'
}
command() {
	api "http://engine/v1.41/containers/lab-home-$1/json" | jq -r '.Config.Entrypoint[2] + " " + .State.Status'
}
# Leaves $1 KiB.
fill() {
	dd if=/dev/zero of="$data/filler" bs=64k 2>/dev/null
	[ "${1:-0}" -eq 0 ] || truncate -s "-${1}K" "$data/filler"
}
drain() {
	rm -f "$data/filler"
}
pods() {
	for name in one two three; do
		cat <<-END
			---
			apiVersion: v1
			kind: Pod
			metadata: {name: $name, namespace: home}
			spec:
			  terminationGracePeriodSeconds: 1
			  containers:
			    - name: $name
			      image: labwright.test/base:12
			      command: [sh, -c, "$1"]
			      volumeMounts: [{name: data, mountPath: /data}]
			  volumes: [{name: data, persistentVolumeClaim: {claimName: $name}}]
		END
	done >pods.yaml
	git add -A
}
up() {
	run up
}
# Whatever there is belongs to labwright by its label, and under no name of a moment.
owned() {
	api 'http://engine/v1.41/containers/json?all=1' |
		jq -r '[.[] | select(.Labels["labwright.project"] != "lab" or (.Names[0] | test("\\.(old|new|own)$")))] | length'
}

# ---- before anything is there ----
pods 'exec sleep 1000'
fill
up
is "$engine: nothing can be made on a full disk" "$((code == 1 || code == 3))" 1
cat "$out" "$err" >"$folder/both"
has "$engine: and the engine's words say so" "$folder/both" 'no space left on device'
is "$engine: nothing that is not ours is left" "$(owned)" 0
run status
is "$engine: status answers meanwhile" "$((code < 2))" 1
drain
up
is "$engine: with room again, up goes on" "$code" 0
is "$engine: to all of it" "$(names)" 'lab-home-one lab-home-three lab-home-two'

# ---- while containers are replaced ----
for name in one two three; do "$labwright" exec home/$name -- sh -c 'echo kept >/data/a'; done
pods 'exec sleep 1001'
fill
up
is "$engine: a change on a full disk fails" "$code" 1
cat "$out" "$err" >"$folder/both"
has "$engine: with the reason" "$folder/both" 'no space left on device'
for name in one two three; do
	is "$engine: the old one runs: $name" "$(command $name)" 'exec sleep 1000 running'
done
is "$engine: with nothing beside them" "$(names)" 'lab-home-one lab-home-three lab-home-two'
drain
up
is "$engine: and the change comes with room for it" "$code $(command two)" '0 exec sleep 1001 running'
is "$engine: what was in the volumes is there" "$(for name in one two three; do "$labwright" exec home/$name -- cat /data/a; done | tr '\n' ' ')" 'kept kept kept '

# ---- while an image is made ----
mkdir app
head -c 30000000 /dev/urandom >app/large
printf 'FROM labwright.test/base:12\nCOPY large /\n' >app/Dockerfile
printf 'services:\n  app: {build: ./app, command: [sleep, "1000"], stop_grace_period: 1s}\n' >compose.yaml
git add -A
fill 10000
up
is "$engine: an image without room fails" "$code" 1
cat "$out" "$err" >"$folder/both"
has "$engine: and says so" "$folder/both" 'no space left on device'
is "$engine: the others run" "$(command one)" 'exec sleep 1001 running'
drain
up
is "$engine: and is made with room" "$code" 0
run down --volumes --yes
is "$engine: all goes" "$code $(names)" '0 '
finish
