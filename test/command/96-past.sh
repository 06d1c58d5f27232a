#!/bin/sh
# blame and history: which commit brought a finding in, over moves, shifted lines and merges; how many there were.
. "$(dirname "$0")/tap.sh"

# commit DATE NAME SUBJECT
commit() {
	git -C homelab add -A
	GIT_COMMITTER_DATE="$1T12:00:00Z" GIT_AUTHOR_DATE="$1T12:00:00Z" git -C homelab -c user.name="$2" -c user.email=x@example.org \
		commit -q --allow-empty -m "$3"
}

# origins: rule, author and subject of each finding, sorted.
origins() {
	run blame --format json homelab
	jq -r '.[] | "\(.rule) \(.author // "-") \(.subject // "-")"' "$out" | sort
}

git init -q -b main homelab
mkdir homelab/apps
cat >homelab/apps/web.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: web, namespace: lab}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: lab}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27.0
          readinessProbe: {tcpSocket: {port: 8080}}
          resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
          ports: [{containerPort: 8080}]
YAML
commit 2026-01-05 Anna "all is well"
run blame homelab
is "nothing found is nobody's" "$code" 0
has "and said so" "$out" "0 findings"
commit 2026-01-06 Anna "nothing"
# The container moves its port; the Service, where the finding stands, is left as it is.
sed -i 's/containerPort: 8080/containerPort: 9090/; s/port: 8080}}/port: 9090}}/' homelab/apps/web.yaml
commit 2026-01-13 Bert "another port"
for i in 1 2 3 4 5; do commit 2026-01-14 Anna "nothing $i"; done
is "who made it wrong, not who wrote the line" "$(origins)" "service-port-mismatch Bert another port"
sed -i '1i # a line\n# and another' homelab/apps/web.yaml
commit 2026-01-20 Cleo "shifted"
mkdir homelab/moved
git -C homelab mv apps/web.yaml moved/web.yaml
commit 2026-01-21 Cleo "moved"
is "over shifted lines and moved files" "$(origins)" "service-port-mismatch Bert another port"
# A branch of three commits, merged.
git -C homelab checkout -q -b side
commit 2026-01-22 Dora "nothing on the side"
printf 'a: 1\na: 1\n' >homelab/twice.yaml
commit 2026-01-23 Dora "twice on the side"
commit 2026-01-24 Dora "nothing more on the side"
git -C homelab checkout -q main
commit 2026-01-25 Anna "nothing on main"
GIT_COMMITTER_DATE=2026-01-26T12:00:00Z git -C homelab -c user.name=Anna -c user.email=x@example.org merge -q --no-ff -m "merge side" side
commit 2026-01-27 Anna "after the merge"
is "a merge is looked into" "$(origins)" "service-port-mismatch Bert another port
yaml-duplicate-key Dora twice on the side"
# A name that git prints in quotes, a subject of other bytes, and what is only staged.
printf 'services: {web: {image: nginx, restart: always}}\n' >homelab/compose.yaml
git -C homelab add .
is "what is staged is nobody's yet" "$(origins)" "service-port-mismatch Bert another port
tag-floating - -
yaml-duplicate-key Dora twice on the side"
run blame homelab
has "which text says too" "$out" "not committed yet"
has "a line for people" "$out" "2026-01-13 Bert: another port"
run blame --rule yaml-duplicate-key homelab
lacks "one rule alone" "$out" "service-port-mismatch"
run blame homelab/moved
lacks "one folder alone" "$out" "twice.yaml"
commit 2026-02-03 "$(printf 'E\303\251l\033[31m')" "$(printf 'bytes \033[31m')"
run blame homelab
lacks "names of commits cannot colour the terminal" "$out" "$(printf '\033')"

run history --format csv homelab
is "history counts by week and rule" "$(cut -d, -f1,3,4 "$out" | sort)" "2026-W03,service-port-mismatch,1
2026-W04,service-port-mismatch,1
2026-W05,service-port-mismatch,1
2026-W05,yaml-duplicate-key,1
2026-W06,service-port-mismatch,1
2026-W06,tag-floating,1
2026-W06,yaml-duplicate-key,1
week,rule,findings"
run history --format json homelab
is "JSON has every week" "$(jq -c '[.[] | [.week, .errors, .warnings]]' "$out")" \
	'[["2026-W02",0,0],["2026-W03",1,0],["2026-W04",1,0],["2026-W05",2,0],["2026-W06",2,1]]'
for week in $(jq -r '.[] | "\(.commit):\(.errors)"' "$out"); do
	run check --format json --rev "${week%:*}" homelab
	is "the count of ${week%:*} is that of check" "$(jq .summary.errors "$out")" "${week#*:}"
done
run history --weeks 2 homelab
has "text says which weeks" "$out" "2 weeks with commits, from 2026-W05 to 2026-W06"
run history --rev HEAD~3 --format csv homelab
lacks "up to a commit" "$out" "W06"
run history --weeks=-1 homelab
is "no fewer than no weeks" $code 2
mkdir plain
run blame --root plain
is "a folder without Git has no authors" $code 2
has "which is said" "$err" "no Git repository"
run history plain
is "and no history" $code 2
git init -q empty
run blame empty
is "a repository without commits has no findings of anybody" $code 0
run history empty
is "nor a history" $code 2
finish
