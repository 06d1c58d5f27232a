#!/bin/sh
# Chains of causes on a real engine: explain.sh LABWRIGHT ENGINE, by engine.sh. Each case really fails first.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org

# pod NAME COMMAND [MORE]: a manifest of one container; MORE are further lines of it.
pod() {
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, namespace: home, labels: {app: $1}}
		spec:
		  terminationGracePeriodSeconds: 1
		  containers:
		    - name: $1
		      image: labwright.test/base:12
		      command: [sh, -c, "$2"]
	END
	[ -z "${3:-}" ] || printf '%s\n' "$3"
}
service() {
	printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: %s}\nspec: {selector: {app: %s}, ports: [{port: %s}]}\n' "$1" "$2" "$3" "$4"
}
git init -q -b main lab
cd lab || exit 1
mkdir -p app/models "$folder/data"
printf '__pycache__/\nmodels/\n' >.gitignore
echo 'from models import multimodal' >app/main.py
echo '' >app/models/__init__.py
echo 'x = 1' >app/models/multimodal.py
printf 'FROM labwright.test/base:12\nWORKDIR /srv\nCOPY main.py .\nCMD ["python3", "main.py"]\n' >app/Dockerfile
printf 'services:\n  assistant:\n    build: ./app\n    restart: unless-stopped\n' >compose.yaml
{
	pod lost 'redis-cli -h nowhere ping; exit 1'
	pod refused 'redis-cli -h cache -p 7000 ping; exit 1' '      env: [{name: CACHE, value: cache}]'
	pod cache 'exec redis-server --bind 0.0.0.0 --protected-mode no' '      readinessProbe: {exec: {command: [redis-cli, ping]}, timeoutSeconds: 15}'
	service cache home cache 6379
	pod unsaid 'python3 -c \"import os, socket; socket.create_connection((os.environ['"'CACHE_HOST'"'], 6379))\"' '      env: [{name: CACHE_HOST, value: cach}]'
	pod elsewhere 'redis-cli -h far ping; exit 1'
	pod hungry 'python3 -c \"x = bytearray(200000000)\"' '      resources: {limits: {memory: 16Mi}}'
	pod late 'exec python3 -m http.server 9001' '      readinessProbe: {httpGet: {path: /, port: 9002}, periodSeconds: 1, failureThreshold: 3}'
	pod closed 'touch /data/x || exit 1' '      securityContext: {runAsUser: 1000}
      volumeMounts: [{name: d, mountPath: /data}]
  volumes: [{name: d, hostPath: {path: '"$folder"'/data}}]'
	pod waiting 'redis-cli -h broken -p 6379 ping; exit 1' '      env: [{name: BROKEN, value: broken}]'
	pod broken 'echo \"KeyError: '"'SECRET_KEY'"'\"; exit 1'
	service broken home broken 6379
	pod nowhere 'true' | sed 's,labwright.test/base:12,registry.invalid/none:1,'
	# On Docker a pod is also known by its host name, so these two are not called like their Services.
	pod distant 'exec redis-server --bind 0.0.0.0 --protected-mode no' | sed 's/namespace: home/namespace: other/'
	pod astray 'redis-cli -h far.home ping; exit 1'
	pod unselected 'redis-cli -h store ping; exit 1'
	service store home store-v1 6379
	pod storing 'exec redis-server --bind 0.0.0.0 --protected-mode no' | sed 's/app: storing/app: store/'
	printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: home}\nstringData: {password: %s}\n' server right-one client wrong-one
	pod vault 'exec redis-server --bind 0.0.0.0 --requirepass $PASSWORD' '      env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: server, key: password}}}]'
	service vault home vault 6379
	pod denied 'redis-cli -h vault -a $PASSWORD ping 2>&1 | grep . ; exit 1' '      env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: client, key: password}}}, {name: HOST, value: vault}]'
	pod full 'exec dd if=/dev/zero of=/cache/x bs=1M count=9' '      volumeMounts: [{name: c, mountPath: /cache}]
  volumes: [{name: c, emptyDir: {medium: Memory, sizeLimit: 2Mi}}]'
	pod first 'exec sleep 1000' '      ports: [{containerPort: 80, hostPort: 18080, hostIP: 127.0.0.1}]'
	pod slow 'sleep 14; exec python3 -m http.server 9001' '      startupProbe: {httpGet: {path: /, port: 9001}, periodSeconds: 1, failureThreshold: 3}'
	pod versioned 'exec sleep 1000'
	service far other distant 6379
} >pods.yaml
git add -A
git commit -qm 'ignore model weights'
run up --proxy-image labwright.test/base:12 pods.yaml # Podman asks a registry that does not exist three times
is "$engine: what fails is told" "$code" 1
# What another program of this machine has; then a version that does not start.
/usr/bin/python3 -m http.server --bind 127.0.0.1 18081 >/dev/null 2>&1 </dev/null &
taken=$!
for _ in $(seq 50); do curl -s -o /dev/null http://127.0.0.1:18081/ && break; sleep 0.1; done
pod second 'exec sleep 1000' '      ports: [{containerPort: 80, hostPort: 18081, hostIP: 127.0.0.1}]' >>pods.yaml
awk '/name: versioned/ { found = 1 } found && /exec sleep 1000/ { sub(/exec sleep 1000/, "exec redis-server --new-option"); found = 0 } { print }' pods.yaml >changed
mv changed pods.yaml
git add -A
git commit -qm 'versioned: the new release'
run up --proxy-image labwright.test/base:12 --only second --only versioned pods.yaml
is "$engine: so is what fails later" "$code" 1

why() {
	run explain "$1"
}
why home/lost
has "$engine: a host that nobody has" "$out" 'nothing that runs here answers to nowhere'
why home/refused
has "$engine: a wrong port, and what is listened on" "$out" 'listens on 6379 and not on 7000'
why home/unsaid
has "$engine: a host that the program does not name" "$out" 'cach in CACHE_HOST is the one that nobody here answers to'
has "$engine: and a near one that is there" "$out" 'cache is answered to'
why home/elsewhere
has "$engine: a Service of another namespace" "$out" 'name it as far.other'
why home/hungry
has "$engine: killed at its limit" "$out" 'its memory limit is 16 Mi'
why home/late
has "$engine: a probe on a port where nothing listens" "$out" 'late listens on 9001 and not on 9002'
why home/closed
has "$engine: a volume of another user" "$out" 'runs as user 1000'
why home/waiting
has "$engine: a dependency that is itself down" "$out" 'home/broken, which answers to that name, is itself not well'
has "$engine: and why that one is" "$out" 'has no variable SECRET_KEY'
why home/nowhere
has "$engine: an image that cannot be had" "$out" 'registry.invalid/none:1 is not on this machine'
has "$engine: without asking for it again" "$out" 'labwright up, '
cp "$out" "$folder/first"
why home/nowhere
is "$engine: the same answer twice" "$(cat "$folder/first")" "$(cat "$out")"
why home/astray
has "$engine: a wrong namespace in a name" "$out" 'name it as far.other'
why home/unselected
has "$engine: a Service without endpoints" "$out" 'selects app=store-v1, and no pod has these labels'
has "$engine: and who was meant" "$out" 'app=store'
why home/denied
has "$engine: a wrong password, and that the two differ" "$out" 'no value of that is among what denied is given'
why home/full
has "$engine: a full disk" "$out" 'its volume at /cache is memory of 2.0'
why home/second
has "$engine: a port in use" "$out" '18081'
has "$engine: and by whom it is not" "$out" 'is no container of labwright'
kill "$taken"
why home/versioned
has "$engine: a version that does not start" "$out" 'runs as it was before: its new version did not start'
has "$engine: what changed since it ran" "$out" 'sh -c exec sleep 1000 → sh -c exec redis-server --new-option'
has "$engine: and the commit that did it" "$out" 'Anna: versioned: the new release'
why home/slow
has "$engine: a probe that fires before the start is over" "$out" 'startupProbe'
{
	printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: home}\nstringData: {api-key: x}\n'
	pod keyed 'exec sleep 1000' '      env: [{name: KEY, valueFrom: {secretKeyRef: {name: keys, key: apikey}}}]'
} >key.yaml
git add -A
why home/keyed
has "$engine: a key that the Secret lacks" "$out" 'Secret home/keys has no key apikey; it has api-key'
rm key.yaml
git add -A
run down --volumes --yes

mkdir copies
printf 'FROM labwright.test/base:12\nCOPY settings.json /srv/\n' >copies/Dockerfile
printf 'services:\n  copies:\n    build: .\n    command: [sleep, "1000"]\n' >copies/compose.yaml
git add -A
run up copies
why copies
has "$engine: COPY of a file that is not there" "$out" 'settings.json'
has "$engine: and the line that copies it" "$out" 'copies/Dockerfile:2'
run down --volumes --yes

run up compose.yaml
for _ in $(seq 20); do # it has to have ended more than once to be known as one that ends
	why assistant
	grep -q 'No module' "$out" && break
	sleep 1
done
has "$engine: a module that is not in the image" "$out" "No module named 'models'"
has "$engine: down to the ignore line" "$out" '.gitignore:2'
has "$engine: and its commit" "$out" 'Anna: ignore model weights'
run down --volumes --yes
finish
