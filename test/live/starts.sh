#!/bin/sh
# How containers start, on a real engine: starts.sh LABWRIGHT ENGINE, by engine.sh. Images that are pulled each time, of a
# real registry on loopback; init containers and Jobs that fail and are run once more; a start that fails and stays.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
git init -q -b main lab
cd lab || exit 1
api() {
	curl -sS --max-time 300 --unix-socket "${DOCKER_HOST#unix://}" "$@"
}
post() {
	api -X POST -H 'Content-Type: application/json' -d "${2:-{\}}" "http://engine/v1.41$1"
}
# What a container has written so far; the frames of both engines are eight bytes before each piece.
said() {
	for _ in $(seq 50); do
		text=$(api "http://engine/v1.41/containers/$1/logs?stdout=1" 2>/dev/null | tr -cd 'a-z0-9\n')
		[ -n "$text" ] && break
		sleep 0.2
	done
	echo "$text"
}
up() {
	git add -A
	run up "$@"
}

# ---- a registry, and in it what this machine does not have yet ----
mkdir "$folder/registry"
cat >"$folder/registry.yml" <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $folder/registry}, delete: {enabled: true}}
http: {addr: "127.0.0.1:5000"}
END
serve() {
	docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 &
	registry=$!
	for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:5000/v2/ && return; sleep 0.1; done
}
serve
# image WORD TAG…: an image with WORD in /which, under these tags of the registry.
image() {
	word=$1
	shift
	made=$(post "/containers/create" "{\"Image\": \"labwright.test/base:12\", \"Cmd\": [\"sh\", \"-c\", \"echo $word >/which\"]}" | jq -r .Id)
	post "/containers/$made/start" >/dev/null
	post "/containers/$made/wait" >/dev/null
	for tag in "$@"; do
		post "/commit?container=$made&repo=127.0.0.1:5000/tool&tag=$tag" >/dev/null
	done
	api -X DELETE "http://engine/v1.41/containers/$made?force=true" >/dev/null
}
push() {
	for tag in "$@"; do
		api -X POST -H "X-Registry-Auth: $(printf '{}' | base64)" "http://engine/v1.41/images/127.0.0.1:5000/tool/push?tag=$tag" >"$folder/push"
		grep -qi 'error' "$folder/push" && sed 's/^/# push: /' "$folder/push"
	done
}
forget() {
	api -X DELETE "http://engine/v1.41/images/127.0.0.1:5000/tool:$1?force=true" >/dev/null
}
image two always missing never
push always missing never
forget never
image one always missing
tool() {
	cat >"$1.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, namespace: home}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		    - {name: $1, image: "127.0.0.1:5000/tool:$1", imagePullPolicy: $2, command: [sh, -c, "cat /which; exec sleep 1000"]}
	END
}
tool always Always
tool missing IfNotPresent
up
is "$engine: both pods come up" "$code" 0
is "$engine: imagePullPolicy Always pulls though one is there" "$(said lab-home-always)" two
is "$engine: IfNotPresent does not" "$(said lab-home-missing)" one
up
has "$engine: what runs is left alone" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'
image three always
push always
image four always
post /containers/lab-home-always/stop?t=1 >/dev/null
post /containers/lab-home-missing/stop?t=1 >/dev/null
up
is "$engine: one that stopped starts of a newer image" "$(said lab-home-always)" three
is "$engine: the other as it was" "$(said lab-home-missing | sort -u)" one
run up --dry-run --pull
has "$engine: a dry run pulls nothing" "$out" '0 to do'
has "$engine: and says so" "$out" 'known once it is pulled'
up --pull
is "$engine: --pull renews what runs, whatever its policy" "$(said lab-home-missing)" two
has "$engine: and only what has a newer image" "$out" '(0 made, 1 made anew, 0 started, 0 removed)'
up --pull
has "$engine: once" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'
image two latest
push latest
image one latest
tool floating Always
sed -i 's,/tool:floating",/tool",; s/imagePullPolicy: Always, //' floating.yaml
up
is "$engine: a tag that moves is pulled where nothing is said" "$(said lab-home-floating)" two
rm floating.yaml
tool never Never
up
is "$engine: Never does not pull" "$code" 1
has "$engine: which is said" "$out" 'what asks for it says that it is never pulled'
rm never.yaml
tool nevr IfNotPresent
tool alwas IfNotPresent
up
is "$engine: tags that do not exist" "$code" 1
run explain home/nevr
has "$engine: have near ones in the registry" "$out" 'it has no such tag; the nearest that it has is never'
run explain home/alwas
has "$engine: or on this machine" "$out" 'there is an image 127.0.0.1:5000/tool:always on this machine'
rm nevr.yaml alwas.yaml
kill "$registry"
wait "$registry" 2>/dev/null || :
api -X DELETE "http://engine/v1.41/containers/lab-home-always?force=true" >/dev/null
up
is "$engine: without the registry the one that is here serves" "$(said lab-home-always)" three
has "$engine: which is said, too" "$out" 'the one that is here serves'
run down --volumes --yes
rm ./*.yaml

# ---- what fails is run once more ----
# tries NAME COUNT: a command that fails until it is run for the COUNTth time, in containers that are fresh each time.
tries() {
	printf '%s' "test ! -e /left && touch /left && echo x >>/count/$1 && test \$(wc -l </count/$1) -ge $2"
}
count() {
	[ ! -e "$folder/count/$1" ] || wc -l <"$folder/count/$1" | tr -d ' '
}
pod() {
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, namespace: home}
		spec:
		  terminationGracePeriodSeconds: 1
		  restartPolicy: $2
		  initContainers:
		    - {name: before, image: "labwright.test/base:12", command: [sh, -c, '$3'], volumeMounts: [{name: count, mountPath: /count}]}
		  containers:
		    - {name: $1, image: "labwright.test/base:12", command: [sleep, "1000"]}
		  volumes: [{name: count, hostPath: {path: $folder/count}}]
	END
}
job() {
	cat <<-END
		---
		apiVersion: batch/v1
		kind: Job
		metadata: {name: $1, namespace: home}
		spec:
		  backoffLimit: $3
		  template:
		    spec:
		      restartPolicy: $2
		      containers:
		        - {name: $1, image: "labwright.test/base:12", command: [sh, -c, '$4'], volumeMounts: [{name: count, mountPath: /count}]}
		      volumes: [{name: count, hostPath: {path: $folder/count}}]
	END
}
mkdir "$folder/count"
pod third Always "$(tries third 3)" >pods.yaml
up
is "$engine: an init container that fails twice" "$code" 0
has "$engine: is told" "$out" 'it ended with 1; once more in 2 s'
is "$engine: is run three times, fresh each time" "$(count third)" 3
pod once Never "$(tries once 2)" >pods.yaml
pod hopeless Always 'echo no such table >&2; exit 3' >>pods.yaml
job again Never 3 "$(tries again 3)" >>pods.yaml
job restarted OnFailure 3 "echo x >>/count/restarted && test \$(wc -l </count/restarted) -ge 3" >>pods.yaml
job short Never 0 "$(tries short 2)" >>pods.yaml
job brief OnFailure 0 "$(tries brief 2)" >>pods.yaml
up
is "$engine: what fails for good fails" "$code" 1
is "$engine: restartPolicy Never means once" "$(count once)" 1
has "$engine: an end comes to the tries of up" "$out" 'tried 9 times: it ended with 3: no such table'
has "$engine: and what waits for it is told" "$out" 'it starts after lab-home-hopeless-before, which failed'
is "$engine: a Job has its backoffLimit of pods" "$(count again)" 3
is "$engine: or of restarts" "$(count restarted)" 3
is "$engine: none where it is 0" "$(count short)" 1
is "$engine: neither of restarts" "$(count brief)" 1
pod once Never "$(tries once 2)" >pods.yaml
up
is "$engine: the next up tries again" "$code" 0
is "$engine: in a fresh container" "$(count once)" 2
run down --volumes --yes
rm ./*.yaml

# ---- what ends only after it has started ----
{
	pod slowly Never 'sleep 12'
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: fleeting, namespace: home}
		spec:
		  containers:
		    - {name: fleeting, image: "labwright.test/base:12", command: [sh, -c, "sleep 1; echo gone; exit 3"]}
	END
} >pods.yaml
up
is "$engine: what ends while others are waited for" "$code" 1
has "$engine: is told at the end" "$out" 'it started, and then it ended with'
has "$engine: and not counted" "$out" '2 of 3 as wanted'
run down --volumes --yes
rm ./*.yaml

# ---- hooks ----
hooked() {
	cat >hook.yaml <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: hooked, namespace: home}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		    - name: hooked
		      image: labwright.test/base:12
		      command: [sleep, "1000"]
		      lifecycle: {postStart: {exec: {command: [sh, -c, "$1"]}}}
	END
}
hooked 'echo no model; exit 5'
up
is "$engine: a postStart hook that fails" "$code" 1
has "$engine: is said with its words" "$out" 'its postStart hook ended with 5: no model'
is "$engine: and its container is stopped" "$(api http://engine/v1.41/containers/lab-home-hooked/json | jq -r .State.Running)" false
hooked 'echo yes >/hooked'
up
is "$engine: one that does not has its way" "$code $("$labwright" exec home/hooked -- cat /hooked)" '0 yes'
run down --volumes --yes
rm hook.yaml

# ---- services of a compose file that end ----
ending() {
	cat >compose.yaml <<-END
		services:
		  bucket: {image: "labwright.test/base:12", command: [sh, -c, "echo made"]}
		  migrate: {image: "labwright.test/base:12", command: [sh, -c, "sleep 1; $1"]}
		  web:
		    image: labwright.test/base:12
		    command: [sleep, "1000"]
		    restart: always
		    stop_grace_period: 1s
		    depends_on: {migrate: {condition: service_completed_successfully}}
	END
}
ending 'exit 4'
up
is "$engine: a service that others wait for fails" "$code" 1
has "$engine: and they do not start" "$out" 'it starts after lab-migrate, which failed'
has "$engine: which is no trouble of one that has ended" "$out" '✓ lab-bucket'
ending 'echo done'
up
is "$engine: once it is done they do" "$code" 0
has "$engine: all of them" "$out" '3 of 3 as wanted'
up
has "$engine: another up starts what has ended, as compose does, and what is done is done" "$out" '(0 made, 0 made anew, 1 started, 0 removed)'
run status
is "$engine: and all is well" "$code" 0
run down --volumes --yes
rm compose.yaml

# ---- services that have to be healthy before others ----
healthy() {
	cat >compose.yaml <<-END
		services:
		  store:
		    image: labwright.test/base:12
		    command: [sh, -c, "$1"]
		    stop_grace_period: 1s
		    healthcheck: {test: [CMD, test, -e, /healthy], interval: 1s, retries: 2}
		  asks:
		    image: labwright.test/base:12
		    command: [sleep, "1000"]
		    stop_grace_period: 1s
		    depends_on: {store: {condition: service_healthy}}
		  tries:
		    image: labwright.test/base:12
		    command: [sleep, "1000"]
		    stop_grace_period: 1s
		    depends_on: {store: {condition: service_healthy, required: false}}
	END
}
healthy 'sleep 1000'
up
is "$engine: a service that never becomes healthy" "$code" 1
has "$engine: keeps those from starting that need it so" "$out" 'it starts after lab-store, which failed'
has "$engine: but not those that can do without" "$out" '✓ lab-tries'
run explain asks
has "$engine: whoever asks why is told whose fault it is" "$out" 'it starts after lab-store, which is not ready'
healthy 'touch /healthy; exec sleep 1000'
up
is "$engine: once it is healthy all start" "$code" 0
run down --volumes --yes
rm compose.yaml

# ---- a start that fails, with and without the old container ----
version() {
	cat >web.yaml <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: web, namespace: home}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		    - {name: web, image: "labwright.test/base:12", command: [sh, -c, "$1"]}
	END
}
runs() {
	api 'http://engine/v1.41/containers/json?all=1' | jq -r '[.[] | .Names[0] | ltrimstr("/")] | join(" ")'
}
command() {
	api http://engine/v1.41/containers/lab-home-web/json | jq -r '.Config.Entrypoint[2]'
}
version 'exec sleep 1000'
up
version 'exec sleep 1001'
up --no-keep
is "$engine: --no-keep is no different where all is well" "$code $(command)" '0 exec sleep 1001'
version 'echo broken; exit 7'
up
is "$engine: a start that fails leaves the old container" "$code $(command)" '1 exec sleep 1001'
up --no-keep
is "$engine: with --no-keep it takes its place" "$code $(command)" '1 echo broken; exit 7'
has "$engine: and is explained" "$out" 'broken'
is "$engine: with nothing beside it" "$(runs)" lab-home-web
sed -i 's,labwright.test/base:12,labwright.test/none:1,' web.yaml
up --no-keep
is "$engine: what cannot even be made replaces nothing" "$(runs)" lab-home-web
version 'exec sleep 1002'
up
is "$engine: and the next up makes it right" "$code $(command)" '0 exec sleep 1002'
run down --volumes --yes
is "$engine: all goes" "$(runs)" ''
finish
