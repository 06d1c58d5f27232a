#!/bin/sh
# up, status and down on a real engine: up.sh LABWRIGHT ENGINE, by engine.sh.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0 GREETING=hello
cp -r "$here/homelab" lab
git init -q -b main lab
cd lab || exit 1
git add -A

api() {
	curl -sS --max-time 20 --unix-socket "${DOCKER_HOST#unix://}" "http://engine/v1.41$1"
}
page() {
	curl -sS --max-time 5 --retry 10 --retry-all-errors --retry-delay 1 "$1" 2>/dev/null
}
id_of() {
	api "/containers/$1/json" | jq -r .Id
}
# Runs a command in a container and prints what it says.
inside() {
	"$labwright" exec "$@" 2>&1
}
up() {
	run up --proxy-image labwright.test/base:12 "$@"
}

# ---- manifests ----
up apps
is "$engine: manifests run" "$code" 0
has "$engine: all containers are told" "$out" '10 of 10 as wanted'
run status --format json
is "$engine: status has nothing to say" "$code" 0
is "$engine: all are well" "$(jq '[.containers[] | select(.well)] | length' "$out")" 10
is "$engine: a node port leads through the proxy to a ConfigMap's file" "$(page http://127.0.0.1:30080/index.html)" 'hello from a ConfigMap'
is "$engine: a Secret is a file in memory, not in inspect" "$(api /containers/lab-core-web-0/json | jq -r '.Mounts[] | select(.Destination == "/etc/secret").Source' | xargs stat -f -c %T)" tmpfs
is "$engine: variables are filled in, in order" "$(api /containers/lab-core-web-0/json | jq -r '.Config.Env[] | select(startswith("REDIS_URL"))')" 'REDIS_URL=redis://redis:6379'
is "$engine: limits are the engine's" "$(api /containers/lab-core-redis-0/json | jq '.HostConfig | [.Memory, .NanoCpus] | tostring')" '"[67108864,500000000]"'
is "$engine: a volume belongs to the pod's group, with read-only files too" "$(inside core/owned -- sh -c 'cat /data/a /tmp/b; stat -c %g /data' | tr '\n' ' ')" 'one two 3000 '
run top --format json
is "$engine: top sums up workloads" "$(jq -r '[.workloads[] | select(.memoryBytes > 0) | .name] | sort | join(" ")' "$out")" 'core/Service/web core/owned core/pair core/redis core/web'
is "$engine: all pods of one together" "$(jq '.workloads[] | select(.name == "core/web").containers' "$out")" 2
run top --sort memory
has "$engine: for people, too" "$out" '64 Mi'
run down apps
is "$engine: a folder is no name of what is to go" "$code" 2
has "$engine: and nothing goes for it" "$err" "'apps' is a part of lab"
run status pair --format json
is "$engine: status of a part" "$(jq '.containers | length' "$out")" 3
run status pairs
is "$engine: a name that nothing has" "$code" 2
run down --only pair --volumes --yes
is "$engine: volumes are for the whole" "$code" 2
run down pair
is "$engine: a part goes alone" "$(api '/containers/json?all=1' | jq length)" 7
run status
lacks "$engine: and is not missed" "$out" 'missing'
python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$labwright" up --proxy-image labwright.test/base:12 apps </dev/null >"$folder/terminal" 2>&1
has "$engine: on a terminal the last line says who is at what" "$folder/terminal" ' of 10: lab-core-pair-'
curl -sS --max-time 20 --unix-socket "${DOCKER_HOST#unix://}" -X DELETE "http://engine/v1.41/containers/lab-core-redis-0?force=true"
run status
is "$engine: one that somebody removed is missed" "$code" 1
has "$engine: and said so" "$out" 'core/redis-0                       missing'
has "$engine: and counted" "$out" '6 of 7 running, 1 with problems'
up apps
redis=$(id_of lab-core-redis-0)
up apps
has "$engine: a second up has nothing to do" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'

# ---- changes ----
echo 'another text' >apps/index.html
git add -A
up apps
is "$engine: a changed file makes its pods anew" "$(page http://127.0.0.1:30080/index.html)" 'another text'
is "$engine: and no other" "$(id_of lab-core-redis-0)" "$redis"
sed -i 's/{name: two, /{name: two, ports: [{containerPort: 9000, hostPort: 18090}], /' apps/multi.yaml
git add -A
up apps
is "$engine: a pod of several containers gets a port" "$code $(page http://127.0.0.1:18090/x)" '0 hi'
is "$engine: and nothing is left of the old one" "$(api '/containers/json?all=1' | jq -r '[.[].Names[0] | select(test("old|new"))] | length')" 0
sed -i 's/"8080", -d/"8080", --no-such-option/' apps/web.yaml
git add -A
up apps
is "$engine: a start that fails is told" "$code" 1
has "$engine: with the program's words" "$out" 'no-such-option'
has "$engine: and ends with what explain says" "$out" 'core/web-0 runs as it was before: its new version did not start'
has "$engine: down to what changed" "$out" 'since it last ran well'
is "$engine: and the old containers run on" "$(page http://127.0.0.1:30080/index.html)" 'another text'
git -c user.name=a -c user.email=a@a commit -qm x

# ---- what labwright.yaml says of the engine ----
sed -i 's/--no-such-option/-d/' apps/web.yaml
printf 'engine: {host: "%s", listen: 127.0.0.2, parallel: 2, pull: never, proxy-image: labwright.test/base:12}\n' "$DOCKER_HOST" >labwright.yaml
git add -A
socket=$DOCKER_HOST
unset DOCKER_HOST
run up apps
export DOCKER_HOST="$socket"
is "$engine: labwright.yaml names the engine" "$code" 0
is "$engine: and where ports are published" "$(page http://127.0.0.2:30080/index.html)" 'another text'
sed -i 's,labwright.test/base:12,labwright.test/none:1,' apps/redis.yaml
git add -A
run up apps
has "$engine: what must not be pulled is not" "$out" 'labwright.yaml says pull: never'
rm labwright.yaml
git add -A
sed -i 's,labwright.test/none:1,labwright.test/base:12,' apps/redis.yaml
mkdir site
cat >site/far.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: far, namespace: core}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: far, image: "labwright.test/base:12", command: [sleep, "1000"]}]}
END
git add -A
up apps site
run status
is "$engine: status parts areas" "$(grep -nxE 'apps|site' "$out" | cut -d : -f 2 | tr '\n' ' ')" 'apps site '
run status --format json
is "$engine: as its JSON does" "$(jq -r '[.containers[].area] | unique | join(" ")' "$out")" 'apps site'
rm -r site
git add -A
run down
is "$engine: down takes all away" "$(api '/containers/json?all=1' | jq length)" 0
is "$engine: but not the volumes" "$(api /volumes | jq -r '[.Volumes[].Name] | sort | tostring')" '["lab-core-data-redis-0","lab-core-owned"]'
run down --volumes
is "$engine: data is not removed without a word" "$code" 2
run down --volumes --yes
is "$engine: data goes when that is meant" "$(api /volumes | jq '.Volumes | length')" 0

# ---- compose ----
up shop/compose.yaml
is "$engine: a compose file runs" "$code" 0
up shop/compose.yaml
has "$engine: a second up of a compose file has nothing to do" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'
is "$engine: its image is built from the repository" "$(page http://127.0.0.1:18000/page.txt)" 'built here'
has "$engine: without what .dockerignore leaves out" "$out" '2 of 2 as wanted'
is "$engine: bind mounts are beside the file" "$(page http://127.0.0.1:18000/notes/one.txt)" 'a note'
is "$engine: a bare variable is the caller's" "$(api /containers/lab-shop-api/json | jq -r '.Config.Env[] | select(startswith("GREETING"))')" 'GREETING=hello'
is "$engine: a config's content is a file" "$(page http://127.0.0.1:18000/sign.txt)" 'open on Monday'
run exec api -- sh -c 'cat /run/secrets/word; stat -c " %a" /srv/sign.txt'
is "$engine: so is a secret that a variable holds, each with its mode" "$(tr -d '\n' <"$out")" 'hello 400'
api /containers/lab-shop-api/json | jq -c '.Mounts, .HostConfig' >"$folder/told"
lacks "$engine: and the engine is not told what it is" "$folder/told" hello
run down --volumes --yes

# ---- what cannot be ----
cat >bad.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec:
  containers:
    - name: bad
      image: registry.invalid/nothing:1
      env:
        - {name: A, valueFrom: {secretKeyRef: {name: none, key: a}}}
END
git add -A
up bad.yaml
is "$engine: what is missing stops before anything starts" "$code" 3
has "$engine: with its place" "$err" 'bad.yaml:1: error: Secret default/none is nowhere'
is "$engine: and nothing was made" "$(api '/containers/json?all=1' | jq length)" 0
finish
