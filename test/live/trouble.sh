#!/bin/sh
# What comes between `up` and its end, on a real engine: trouble.sh LABWRIGHT ENGINE, by engine.sh. Ctrl-C, an engine that
# dies, a disk that is full, a second `up`: each has a clear end, and the next `up` goes on.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
cp -r "$here/homelab" lab
git init -q -b main lab
cd lab || exit 1
rm -r shop
printf 'engine: {proxy-image: labwright.test/base:12}\n' >labwright.yaml
git add -A
api() {
	curl -sS --max-time 60 --unix-socket "${DOCKER_HOST#unix://}" "$@" 2>/dev/null
}
names() {
	api 'http://engine/v1.41/containers/json?all=1' | jq -r '[.[].Names[0] | ltrimstr("/")] | sort | join(" ")'
}
answers() {
	for _ in $(seq 150); do
		curl -sS --max-time 2 --unix-socket "${DOCKER_HOST#unix://}" http://engine/_ping >/dev/null 2>&1 && return
		sleep 0.2
	done
}
# behind WORD…: runs labwright as a job that takes signals; its output in side and its end in $folder/code.
behind() {
	rm -f "$folder/code"
	(
		python3 - "$labwright" "$@" <<-'P' >"$folder/side" 2>&1
			import signal, subprocess, sys
			signal.signal(signal.SIGINT, signal.SIG_DFL)
			child = subprocess.Popen(sys.argv[1:], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
			open(sys.argv[1] and "job.pid", "w").write(str(child.pid))
			sys.exit(child.wait() & 255)
		P
		echo $? >"$folder/code"
	) &
	job=$!
	for _ in $(seq 100); do [ -s job.pid ] && break; sleep 0.05; done
}
ended() {
	wait "$job"
	code=$(cat "$folder/code")
	rm -f job.pid
}
# A pod that needs ten seconds until it is ready.
slow() {
	cat >slow.yaml <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: slow, namespace: core}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		    - name: slow
		      image: labwright.test/base:12
		      command: [sh, -c, "sleep $1; touch /tmp/ready; exec sleep 1000"]
		      readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1, timeoutSeconds: 15, failureThreshold: 60}
	END
	git add -A
}

# ---- Ctrl-C ----
slow 10
behind up
sleep 4
begun=$(date +%s)
kill -INT "$(cat job.pid)"
ended
is "$engine: Ctrl-C ends up" "$code" 3
is "$engine: and does not wait for what is not ready" "$(($(date +%s) - begun < 40))" 1
has "$engine: and says that the next goes on" "$folder/side" 'interrupted: labwright up goes on from here'
run up
is "$engine: which it does" "$code" 0
has "$engine: with all of it" "$out" '11 of 11 as wanted'

# ---- while an old container is replaced ----
slow 11
behind up
sleep 4
kill -INT "$(cat job.pid)"
ended
is "$engine: Ctrl-C while a container is replaced" "$code" 3
is "$engine: the old one runs again" "$(api http://engine/v1.41/containers/lab-core-slow/json | jq -r '.Config.Entrypoint[2] + " " + .State.Status')" 'sleep 10; touch /tmp/ready; exec sleep 1000 running'
lacks "$engine: and nothing is beside it" "$out" '.old'

# ---- two at once ----
cat >job.yaml <<END
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy, namespace: core}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: tidy, image: "labwright.test/base:12", command: [echo, tidied]}]}}}}
END
git add -A
behind up
sleep 2
run run cronjob/tidy
is "$engine: a job is held off by up" "$code" 3
has "$engine: and told why" "$err" 'another labwright is at work on lab'
run up
is "$engine: a second up is held off" "$code" 3
has "$engine: and told why" "$err" 'another labwright is at work on lab'
ended
is "$engine: the first is not disturbed" "$code" 0
run run cronjob/tidy
is "$engine: then the job has its way" "$code $(tail -1 "$out")" '0 tidied'
rm job.yaml
git add -A
run up

# ---- a port that another program has ----
cat >taken.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: taken, namespace: core}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: taken
      image: labwright.test/base:12
      command: [sleep, "1000"]
      ports: [{containerPort: 80, hostPort: 18099, hostIP: 127.0.0.1}]
END
git add -A
/usr/bin/python3 -m http.server --bind 127.0.0.1 18099 >/dev/null 2>&1 </dev/null &
holder=$!
for _ in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:18099/ && break; sleep 0.1; done
run up
is "$engine: a port in use" "$code" 1
has "$engine: is explained at the end of up" "$out" '18099'
has "$engine: and all others are there" "$out" '11 of 12 as wanted'
kill "$holder"
run up
is "$engine: and up goes on once it is free" "$code" 0
has "$engine: with that one" "$out" '12 of 12 as wanted'
rm taken.yaml
git add -A
run up

# ---- what the engine makes for a labwright that was killed, once this one has looked ----
cat >"$folder/late.py" <<'P'
import http.client, json, socket, sys, threading
engine, listen, made, surprised = sys.argv[1], sys.argv[2], [], []
def connect():
    there = socket.socket(socket.AF_UNIX)
    there.connect(engine)
    return there
def make():
    connection = http.client.HTTPConnection("engine")
    connection.sock = connect()
    body = {"Image": "labwright.test/base:12", "Cmd": ["true"], "Labels": {"labwright.project": "lab"}}
    connection.request("POST", "/v1.41/containers/create?name=lab-core-late", json.dumps(body), {"Content-Type": "application/json"})
    return connection.getresponse().status
def pump(source, sink, asks):
    while data := source.recv(65536):
        if asks and not made and b"create?name=lab-core-late " in data:
            made.append(make())
            open(listen + ".made", "w").write(str(made[0]))
        # What Podman says where the process that it looks at ends just then.
        if asks and len(surprised) < 2 and b"containers/lab-core-surprise/json " in data:
            surprised.append(data)
            open(listen + ".surprised", "w").write(str(len(surprised)))
            body = b'{"cause":"no such process","message":"read /proc/22033/cgroup: no such process","response":500}'
            source.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            continue
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)
server = socket.socket(socket.AF_UNIX)
server.bind(listen)
server.listen()
while True:
    client, there = server.accept()[0], connect()
    threading.Thread(target=pump, args=(client, there, True), daemon=True).start()
    threading.Thread(target=pump, args=(there, client, False), daemon=True).start()
P
cat >late.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: late, namespace: core}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: late, image: "labwright.test/base:12", command: [sleep, "1000"]}]}
END
git add -A
/usr/bin/python3 "$folder/late.py" "${DOCKER_HOST#unix://}" "$folder/late.sock" >/dev/null 2>&1 </dev/null &
between=$!
for _ in $(seq 100); do [ -S "$folder/late.sock" ] && break; sleep 0.1; done
DOCKER_HOST=unix://$folder/late.sock run up late.yaml late
is "$engine: a name that is taken after the look" "$(cat "$folder/late.sock.made" 2>/dev/null) $code" '201 0'
has "$engine: is freed" "$out" '(1 made, 0 made anew, 0 started, 0 removed)'
if [ "$engine" = podman ]; then
	sed s/late/surprise/ late.yaml >surprise.yaml
	git add -A
	DOCKER_HOST=unix://$folder/late.sock run up surprise.yaml surprise
	is "podman: a process that ends while it is looked at" "$(cat "$folder/late.sock.surprised" 2>/dev/null) $code" '2 0'
	rm surprise.yaml
fi
kill "$between"
rm late.yaml
git add -A

# ---- an engine that dies ----
run up
"$labwright" status --watch >"$folder/watched" 2>&1 &
watching=$!
for _ in $(seq 150); do grep -q 'with problems' "$folder/watched" && break; sleep 0.2; done
slow 12
behind up
sleep 3
kill -KILL "$(cat "$LABWRIGHT_ENGINE_PID")"
ended
is "$engine: an engine that is lost ends up" "$((code == 1 || code == 3))" 1
has "$engine: and what did not answer is said" "$folder/side" 'engine.sock does not answer'
answers
run up
is "$engine: the next one goes on" "$code" 0
for _ in $(seq 150); do tail -c 4000 "$folder/watched" | grep -q core/slow && break; sleep 0.2; done
kill -0 $watching && tail -c 4000 "$folder/watched" | grep -q core/slow
report $? "$engine: and so does a screen that was watched" "$(tail -5 "$folder/watched")"
kill $watching
is "$engine: nothing is left beside" "$(names)" 'lab-core-owned lab-core-pair-one lab-core-pair-pause lab-core-pair-two lab-core-redis-0 lab-core-slow lab-core-web-0 lab-core-web-0-wait lab-core-web-1 lab-core-web-1-wait lab-core-web-service'
export DOCKER_HOST="unix://$folder/nobody.sock"
run status
is "$engine: an engine that is not there" "$code" 3
has "$engine: is said where it was looked for" "$err" 'nobody.sock: no such socket'
DOCKER_HOST=unix://$(dirname "$LABWRIGHT_ENGINE_PID")/engine.sock

# ---- what a Podman that was killed leaves: a container that it lists and has no files of ----
if [ "$engine" = podman ]; then
	stored=$(dirname "$LABWRIGHT_ENGINE_PID")/data/overlay-containers/containers.json
	run exec core/redis-0 -- redis-cli set kept yes
	run exec core/redis-0 -- redis-cli save
	lost=$(api http://engine/v1.41/containers/lab-core-redis-0/json | jq -r .Id)
	api -X POST http://engine/v1.41/containers/lab-core-redis-0/kill >/dev/null
	jq -c --arg lost "$lost" 'map(select(.id != $lost))' "$stored" >"$stored.new"
	mv "$stored.new" "$stored"
	kill -KILL "$(cat "$LABWRIGHT_ENGINE_PID")"
	answers
	is "podman: it lists nothing any more" "$(api 'http://engine/v1.41/containers/json?all=1' | jq -r '.message | test("not known")')" true
	run status
	is "podman: status cannot either" "$code" 3
	has "podman: and says who can" "$err" 'labwright up takes away what an engine that was killed has left'
	run up
	is "podman: up takes it away" "$code" 0
	has "podman: and makes that one anew" "$out" '(1 made, 0 made anew, 0 started, 0 removed)'
	run exec core/redis-0 -- redis-cli get kept
	is "podman: its volume is as it was" "$(cat "$out")" yes
	# One that was killed between the two places where it keeps a name: its files still have the old one.
	jq -c 'map(if .names == ["lab-core-redis-0"] then .names = ["lab-core-redis-0.new"] else . end)' "$stored" >"$stored.new"
	mv "$stored.new" "$stored"
	kill -KILL "$(cat "$LABWRIGHT_ENGINE_PID")"
	answers
	is "podman: its files are called otherwise than it" "$(jq 'map(select(.names == ["lab-core-redis-0.new"])) | length' "$stored")" 1
	sed -i 's/--protected-mode, "no"/&, --loglevel, verbose/' apps/redis.yaml
	git add -A
	run up
	is "podman: its follower can be made all the same" "$code" 0
	has "podman: in its place" "$out" '(0 made, 1 made anew, 0 started, 0 removed)'
	run exec core/redis-0 -- redis-cli get kept
	is "podman: with what it held" "$(cat "$out")" yes
fi

# ---- a full disk ----
mkdir "$folder/small"
mount -t tmpfs -o size=4m none "$folder/small"
cat >full.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: full, namespace: core}
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: Never
  containers:
    - name: full
      image: labwright.test/base:12
      command: [dd, if=/dev/zero, of=/data/x, bs=1M, count=9]
      volumeMounts: [{name: d, mountPath: /data}]
  volumes: [{name: d, hostPath: {path: $folder/small}}]
END
git add -A
run up
is "$engine: a volume without room" "$code" 1
has "$engine: is explained at the end of up" "$out" 'No space left on device'
rm full.yaml
git add -A
umount "$folder/small"
run up
is "$engine: and up goes on without it" "$code" 0
# Where labwright keeps the files of ConfigMaps there is no room for one.
export XDG_STATE_HOME="$folder/tiny"
mkdir "$folder/tiny"
mount -t tmpfs -o size=16k none "$folder/tiny"
head -c 40000 /dev/zero | tr '\0' x >apps/index.html
git add -A
run up
is "$engine: no room for the files of ConfigMaps" "$code" 3
has "$engine: is said with the file" "$err" 'No space left on device'
umount "$folder/tiny"
export XDG_STATE_HOME="$folder/state"
run status --format json
is "$engine: what ran runs on" "$(jq '[.containers[] | select(.state == "running")] | length' "$out")" 9
run down --volumes --yes
is "$engine: and all goes" "$(names)" ''
finish
