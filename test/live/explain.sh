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
	pod cache 'exec redis-server --bind 0.0.0.0 --protected-mode no' '      readinessProbe: {exec: {command: [redis-cli, ping]}}'
	service cache home cache 6379
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
	pod far 'exec redis-server --bind 0.0.0.0 --protected-mode no' | sed 's/namespace: home/namespace: other/'
	service far other far 6379
} >pods.yaml
git add -A
git commit -qm 'ignore model weights'
run up --proxy-image labwright.test/base:12 pods.yaml # Podman asks a registry that does not exist three times
is "$engine: what fails is told" "$code" 1

why() {
	run explain "$1"
}
why home/lost
has "$engine: a host that nobody has" "$out" 'nothing that runs here answers to nowhere'
why home/refused
has "$engine: a wrong port, and what is listened on" "$out" 'listens on 6379 and not on 7000'
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
cp "$out" "$folder/first"
why home/nowhere
is "$engine: the same answer twice" "$(cat "$folder/first")" "$(cat "$out")"
run down --volumes --yes

run up compose.yaml
why assistant
has "$engine: a module that is not in the image" "$out" "No module named 'models'"
has "$engine: down to the ignore line" "$out" '.gitignore:2'
has "$engine: and its commit" "$out" 'Anna: ignore model weights'
run down --volumes --yes
finish
