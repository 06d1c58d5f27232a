#!/bin/sh
# What `up` wants of an engine, asked of none: compose files and kustomizations as containers.
. "$(dirname "$0")/tap.sh"
git init -q -b main lab
cd lab || exit 1
mkdir -p db common app/html maps

# Prints what jq finds in the wanted container of a service.
of() {
	jq -rc --arg name "lab-$1" ".units[] | select(.name == \$name) | $2" "$out"
}
wanted() {
	git add -A
	run up --dry-run --format json "$@"
}

# ---- compose files that bring in each other ----
cat >compose.yaml <<'END2'
include:
  - db/compose.yaml
  - path: [app/a.yaml]
    project_directory: app
services:
  web:
    extends: {file: common/base.yml, service: base}
    image: nginx:${TAG:-1.25}
    environment: {A: "2", PASS: "$$x"}
    volumes_from: [data:ro]
    command: [run]
    links: ["db:database"]
  again:
    extends: web
    environment: [B=3]
  data:
    image: busybox
END2
cat >compose.override.yaml <<'END2'
services:
  web:
    ports: ["8443:443"]
END2
cat >db/compose.yaml <<'END2'
services:
  db:
    image: postgres:${PG}
    env_file: db.env
    volumes: ["./data:/data", "pg:/var"]
volumes: {pg: }
END2
echo 'PG=15' >db/.env
printf 'X="a b" \nY=${PG} # the version\nZ='"'"'raw$x'"'"'\n' >db/db.env
printf 'services:\n  inside:\n    image: x\n    build: .\n    volumes: ["./html:/h"]\n' >app/a.yaml
cat >common/base.yml <<'END2'
services:
  base:
    extends: {service: root}
    volumes: ["./conf:/etc/conf:ro"]
    environment: [A=1, C=5]
    command: [base]
  root:
    image: root
    cap_add: [NET_ADMIN]
    healthcheck: {test: [CMD, x], interval: 5s}
END2
TAG=2 wanted
is "a service extends one of another file, that one of its own" "$(of web '.container | [.Image, .Cmd[0], .HostConfig.CapAdd[0], .Healthcheck.Test[1]]')" '["nginx:2","run","NET_ADMIN","x"]'
is "environments are one" "$(of web .container.Env)" '["A=2","C=5","PASS=$x"]'
is "paths are those of the file that says them" "$(of web '.container.HostConfig.Mounts[0].Source')" "$folder/work/lab/common/conf"
is "a service extends one of its own file" "$(of again .container.Env)" '["A=2","B=3","C=5","PASS=$x"]'
is "the override beside it counts" "$(of web '.container.HostConfig.PortBindings | keys')" '["443/tcp"]'
is "mounts of another service" "$(of web .container.HostConfig.VolumesFrom)" '["lab-data:ro"]'
is "which starts first" "$(of web '[.needs[].unit]')" '["lab-data","lab-db"]'
is "what is included sees the variables beside it" "$(of db .container.Image)" postgres:15
is "and so do its env files" "$(of db .container.Env)" '["X=a b","Y=15","Z=raw$x"]'
is "its mounts lie in its folder" "$(of db '[.container.HostConfig.Mounts[].Source]')" "[\"$folder/work/lab/db/data\",\"lab_pg\"]"
is "a unit's place is its service's line" "$(of db .place)" db/compose.yaml:2
is "a project directory is where paths begin" "$(of inside '.container.HostConfig.Mounts[0].Source')" "$folder/work/lab/app/html"
is "what is included runs once" "$(jq '[.units[].name] | length' "$out")" 5
sed -i 's/extends: {service: root}/extends: base/' common/base.yml
wanted
has "services that extend each other are said" "$err" 'goes in a circle'
sed -i 's,common/base.yml,common/none.yml,' compose.yaml
wanted
has "so is a file that is not there" "$err" 'which is not there'
git rm -rqf .

# ---- folders of claims ----
cat >media.yaml <<'END2'
apiVersion: v1
kind: Pod
metadata: {name: films, namespace: media}
spec:
  containers:
    - name: films
      image: a:1
      volumeMounts: [{name: all, mountPath: /films, subPath: films}, {name: all, mountPath: /config, subPath: config/films}]
  volumes: [{name: all, persistentVolumeClaim: {claimName: library}}]
---
apiVersion: v1
kind: Pod
metadata: {name: songs, namespace: media}
spec:
  containers: [{name: songs, image: a:1, volumeMounts: [{name: l, mountPath: /films, subPath: films}]}]
  volumes: [{name: l, persistentVolumeClaim: {claimName: library}}]
END2
git add -A
wanted
of_pod() {
	jq -r ".units[] | select(.name == \"lab-media-$1\") | [.container.HostConfig.Mounts[].Source] | join(\" \")" "$out"
}
is "folders of a claim are volumes" "$(of_pod films)" "lab-media-library.films lab-media-library.config_films-c8ed6160"
is "one folder is one volume in all pods" "$(of_pod songs)" "lab-media-library.films"
is "and nothing is wrong with that" "$(jq '.problems | length' "$out")" 0
sed -i 's/, subPath: films}\]}\]/}]}]/' media.yaml
git add -A
wanted
has "a claim that is mounted whole, too, is said" "$err" 'subPath films of the claim library, which is mounted as a whole'
git rm -rqf .

# ---- kustomizations ----
mkdir -p maps
cat >maps/kustomization.yaml <<'END2'
namespace: home
generatorOptions: {labels: {made: here}, annotations: {by: us}}
configMapGenerator:
  - name: settings
    literals: [MODE=quiet]
    options: {labels: {made: there}, immutable: true}
END2
git add -A
run render maps
has "an entry's options outweigh those of all" "$out" '"made": "there"'
has "annotations of all are set" "$out" '"by": "us"'
has "what must not change says so" "$out" '"immutable": true'
git rm -rqf .

# ---- where no engine answers ----
export DOCKER_HOST="unix://$folder/nobody.sock"
cat >compose.yaml <<'END2'
services:
  web: {image: nginx:1.27, ports: ["8080:80"]}
  db: {image: postgres:16}
END2
mkdir db
echo 'text' >db/notes.md
git add -A
run up --dry-run
is "a dry run needs no engine" "$code" 0
has "and says that it did not see any" "$err" 'no container engine answers'
has "but what would be made" "$out" '2 to do'
run up --dry-run web
has "a word that is no path is a name" "$out" '1 to do'
lacks "and others are left out" "$out" 'lab-db'
run up --dry-run wbe
is "one that nothing has" "$code" 2
has "is said" "$err" "'wbe' is neither a file or folder nor anything that runs here"
run up --dry-run wbe.yaml
has "but a file is a file" "$err" "cannot open 'wbe.yaml'"
cat >odd.yaml <<'END2'
services:
  web:
    image: nginx:1.27
    environment:
      A: ${NOWHERE:?give it}
    ports: ["${FREE}:80"]
    secrets: [swarm, gone]
  also: {image: nginx:1.27, ports: ["${FREE}:81"]}
secrets:
  swarm: {external: true}
END2
git add -A
run up --dry-run odd.yaml
has "a variable that must be set is said where it is used" "$err" 'odd.yaml:5: error: the variable NOWHERE must be set: give it'
has "a secret of a swarm, at its service" "$err" 'odd.yaml:2: error: service web: swarm of secrets is external'
has "and one that nobody defines" "$err" 'service web: gone is not among the secrets of the file'
lacks "any free port is no conflict" "$err" 'both want port'
rm odd.yaml
mkdir -p charts/web/templates
printf 'name: web\nversion: 1.0.0\napiVersion: v2\n' >charts/web/Chart.yaml
printf 'kind: {{ .Values.kind }}\nname: {{ .Release.Name }}\n' >charts/web/templates/one.yaml
cp charts/web/templates/one.yaml charts/web/templates/two.yaml
git add -A
run up --dry-run charts
is "templates of a chart are left out in one word" "$(grep -c 'which only helm fills in' "$err") $(grep -c 'cannot be read' "$err")" '1 0'
git rm -rqf charts
sed -i 's/image: postgres:16/image: postgres:16, ports: ["8080:5432"]/' compose.yaml
git add -A
run up --dry-run
is "a dry run of what could not start fails" "$code" 1
has "and says so" "$out" 'up would start nothing'
run up
is "up itself needs one" "$code" 3
has "which is said with where it was looked for" "$err" 'nobody.sock: no such socket'
run stop
has "words of other tools are known" "$err" 'labwright down does that'
finish
