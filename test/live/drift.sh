#!/bin/sh
# Containers that differ from their files, on a real engine: drift.sh LABWRIGHT ENGINE, by engine.sh.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0 GREETING=hello
cp -r "$here/homelab" lab
git init -q -b main lab
cd lab || exit 1
lab=$(pwd -P)
printf 'engine: {proxy-image: labwright.test/base:12}\n' >labwright.yaml
git add -A
commit() {
	git -c user.name=Anna -c user.email=anna@example.org commit -qm "$1"
}
commit 'the homelab'
api() {
	curl -sS --max-time 20 --unix-socket "${DOCKER_HOST#unix://}" "$@" 2>/dev/null
}
# put NAME BODY: a container that labwright did not make.
put() {
	api -X POST -H 'Content-Type: application/json' -d "$2" "http://engine/v1.41/containers/create?name=$1" >/dev/null
	api -X POST "http://engine/v1.41/containers/$1/start" >/dev/null
}
look() {
	run check --live --rule repo-engine-drift --format lines --fail-on warning "$@"
}
run up
is "$engine: all of it runs" "$code" 0
look
is "$engine: nothing differs at first" "$code" 0
has "$engine: and all was compared" "$err" '12 of 12 containers that the files ask for are there, 0 workloads differ'

# ---- by hand ----
api -X POST "http://engine/v1.41/containers/lab-core-pair-one/stop?t=1" >/dev/null
put stray '{"Image":"labwright.test/base:12","Cmd":["sleep","1000"],"Labels":{"com.docker.compose.project":"dns","com.docker.compose.project.working_dir":"/opt/dns"}}'
api -X DELETE "http://engine/v1.41/containers/lab-core-web-0?force=true" >/dev/null
put lab-core-web-0 '{"Image":"labwright.test/base:12","Entrypoint":["python3","-m","http.server","8080","-d","/www"],"Env":["REDIS_HOST=cache","REDIS_URL=redis://redis:6379","TOKEN=leaked","EXTRA=also-leaked"]}'
api -X DELETE "http://engine/v1.41/containers/lab-shop-api?force=true" >/dev/null
put shop-api-1 '{"Image":"labwright.test/base:12","Cmd":["sleep","1000"],"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"api","com.docker.compose.project.working_dir":"'"$lab"'/shop"}}'
look
is "$engine: what was changed by hand is a finding" "$code" 1
has "$engine: one that was stopped" "$out" 'pair (one): its state is stopped on this machine and running here; set by hand since labwright made it on 20'
has "$engine: a variable" "$out" 'web-0: variable REDIS_HOST is cache on this machine and redis here'
has "$engine: that of a Secret without its value" "$out" 'web-0: variable TOKEN has another value on this machine than here'
has "$engine: one that no file gives" "$out" 'web-0: variable EXTRA is set on this machine and absent here'
lacks "$engine: no value of either" "$out" leaked
has "$engine: a mount that is not there" "$out" 'web-0: mount /www is absent on this machine'
has "$engine: a service that compose made of the same file" "$out" 'api: arguments is sleep 1000 on this machine'
has "$engine: and who did" "$out" 'by compose'
has "$engine: what no file asks for" "$err" 'stray (labwright.test/base:12) runs, and no file here asks for it'
has "$engine: and where it is from" "$err" 'by compose project dns of /opt/dns'
lacks "$engine: no value in notes" "$err" leaked
if [ "$engine" = dockerd ]; then # Podman 4.3 has no update
	api -X POST -H 'Content-Type: application/json' -d '{"Memory":33554432,"MemorySwap":33554432}' http://engine/v1.41/containers/lab-core-redis-0/update >/dev/null
	look
	has "$engine: a limit" "$out" 'redis-0: memory limit is 32 Mi on this machine and 64 Mi here; set by hand'
fi
for name in lab-core-web-0 lab-core-redis-0 shop-api-1; do
	api -X DELETE "http://engine/v1.41/containers/$name?force=true" >/dev/null
done

# ---- by a commit ----
sed -i 's/"8080", -d/"8090", -d/' apps/web.yaml
git add -A
commit 'web: another port'
look apps
has "$engine: what a commit has changed" "$out" 'web-1: command is python3 -m http.server 8080 -d /www on this machine and python3 -m http.server 8090 -d /www here'
has "$engine: which one" "$out" 'Anna: web: another port'
git revert --no-edit HEAD >/dev/null 2>&1 || git checkout -q HEAD^ -- apps
git add -A
run up
is "$engine: up makes it right" "$code" 0
api -X DELETE "http://engine/v1.41/containers/stray?force=true" >/dev/null
look
has "$engine: and nothing differs" "$err" ' 0 workloads differ'
run down --volumes --yes
finish
