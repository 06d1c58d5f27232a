#!/bin/sh
# The figures of a report against what was counted by hand, and its pages against what hostile names would make of them.
. "$(dirname "$0")/tap.sh"
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org

mkdir lab && git -C lab init -q -b main
cat >lab/web.yaml <<'Y'
apiVersion: v1
kind: Service
metadata: {name: web, namespace: site}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8081, nodePort: 30080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: site}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {kubernetes.io/hostname: anna}
      containers:
        - name: web
          image: "nginx:1.27"
          resources: {requests: {memory: 64Mi}}
          readinessProbe: {tcpSocket: {port: 8080}}
          ports: [{containerPort: 8080}]
Y
printf 'networks: {lan: {cidr: 192.168.8.0/24}}\nnodes: {anna: {addresses: {lan: 192.168.8.10}, capacity: {cpu: 4, memory: 8Gi}}}\n' >lab/labwright.yaml
printf 'ANNA_IP=192.168.1.10\n' >lab/.env.lab
printf 'ssh anna@192.168.1.10\n' >lab/notes.sh
printf 'See [x](<script>alert(1)<\/script>|gone.md).\n' >'lab/a<b>&"c|d`.md'
printf '[gone](missing/guide.md)\n' >>'lab/a<b>&"c|d`.md'
git -C lab add -A && git -C lab commit -qm "a <lab> & more"
before=$("$labwright" check --format json lab | jq '.findings | map(select(.level == "error")) | length')
run improve --branch better lab
git -C lab checkout -q better
after=$("$labwright" check --format json lab | jq '.findings | map(select(.level == "error")) | length')

run report -o out lab
is "a report" $code 0
is "of three files" "$(ls out | tr '\n' ' ')" "REPORT.md report.html report.json "
is "errors are those that check counts" "$(jq -r '"\(.before.errors) \(.after.errors)"' out/report.json)" "$before $after"
mkdir kept && cp -r lab/. kept && cp out/* kept && git -C kept add -A
is "one that is kept in the repository is not judged" "$("$labwright" check --format json kept | jq '.findings | length')" \
	"$("$labwright" check --format json lab | jq '.findings | length')"
is "there were fewer" "$([ "$after" -lt "$before" ] && echo yes)" yes
is "the commits are those of the branch" "$(jq '.commits | length' out/report.json)" "$(git -C lab rev-list --count main..better)"
is "each has its phase" "$(jq '[.commits[] | select(.phase == null)] | length' out/report.json)" 0
is "the timeline ends where the state after does" "$(jq -r '.timeline[-1].errors' out/report.json)" "$after"
has "the table of addresses" out/REPORT.md "| 192.168.1.10 | written as anna | 2 | 2 | 0 | 0 |"
has "and where they went" out/REPORT.md "| 192.168.8.10 | anna | 0 | 0 | 2 | 2 |"
has "the catalogue: what runs where" out/REPORT.md "| web | Deployment | – | anna | 2 | nginx:1.27 | web.yaml |"
has "and how it is reached" out/REPORT.md "| web | 80 (node 30080) | – | readiness | memory=64Mi | – | – | – |"
has "what was not measured says so" out/REPORT.md "not measured"
has "nodes before and after" out/report.html "<svg"
is "nothing is asked of a network" "$(grep -oE '(src|href)="[^#]|https?://[^" ]+' out/report.html | grep -v w3.org/2000/svg | wc -l | tr -d ' ')" 0
is "no script runs" "$(grep -c '<script' out/report.html)" 0
run report --from main --to better -o named lab
is "two revisions by name" "$(jq -r .after.errors named/report.json)" "$after"
run report -o usual lab
is "no option means the same" "$(jq -c '[.before.commit, .after.commit, .after.staged]' usual/report.json)" "$(jq -c '[.before.commit, .after.commit, .after.staged]' named/report.json)"

# What is said of it by hand: two requests of 64Mi of 8Gi, on a node that both pods are bound to.
has "the memory of a node" out/REPORT.md "| anna | memory | 8Gi | 2 % | 2 % | 2 % |"
is "a plan of many lines stays one block" "$(grep -c '^NODES\|^OPTIMAL' out/REPORT.md)" 0
has "and is all there" out/REPORT.md "    NODES, before and after"
is "what is gone and what is new add up" "$(jq '(.before.findings | length) - (.gone | length) + (.new | length) == (.after.findings | length)' out/report.json)" true

# Commits of people: their reasons are told, and nothing that they write becomes markup.
cat >lab/secret.yaml <<'Y'
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: site}
stringData: {password: kLm82-Qw71-zz90}
Y
git -C lab add -A
printf 'keep <img src=//example.org/x> | a `secret` &amp; **bold**\n\nThe web needs it, and *nobody*\nknew <script>why</script>.\n\n- one \342\200\256 item\n  with a detail\n\nLabwright-Phase: <b>own</b>\n' | git -C lab commit -q -F -
git -C lab mv scripts/notes.sh scripts/moved.sh
git -C lab mv web.yaml site.yaml
git -C lab commit -qm "move things"
run report --from better -o empty lab
is "a report of no commits" "$(jq '.commits | length' empty/report.json)" 0
run report --from HEAD~2 -o people lab
is "a report of two" "$(jq '.commits | length' people/report.json)" 2
has "the reason is a paragraph" people/REPORT.md 'The web needs it, and \*nobody\* knew \<script\>why\</script\>.'
has "in the page, too" people/report.html "knew &lt;script&gt;why&lt;/script&gt;."
is "no element comes from a message" "$(grep -c '<img\|<script\|<b>' people/report.html)" 0
is "nor a character that turns text around" "$(cat people/REPORT.md people/report.html | grep -c "$(printf '\342\200\256')")" 0
is "a phase of nobody's is other" "$(sed -n '/^### Other commits/,$p' people/REPORT.md | grep -c '^#### keep')" 1
is "moved files bring nothing new" "$(jq '.new | length' people/report.json)" "$(jq '[.after.findings[] | select(.path == "secret.yaml")] | length' people/report.json)"
is "no value of a Secret is told" "$(cat people/* | grep -c 'kLm82-Qw71-zz90')" 0
has "the history is drawn" people/REPORT.md "## Since the first commit"
is "from the first commit on" "$(jq .history.commits people/report.json)" "$(git -C lab rev-list --count --first-parent HEAD)"
is "what came and went adds up" "$(jq '[.history.changes[] | .brought - .gone] | add' people/report.json)" "$(jq '.after.errors + .after.warnings' people/report.json)"
is "so it does by weeks" "$(jq '[.history.periods[] | .brought - .gone] | add' people/report.json)" "$(jq '.after.errors + .after.warnings' people/report.json)"
is "the credential is put down to its commit" "$(jq -r '.history.changes[] | select(.brought_rules // "" | test("secret-in-repo")) | "\(.id) \(.commits)"' people/report.json)" "$(git -C lab log --format=%h --abbrev=10 --diff-filter=A -- secret.yaml) 1"

# An improvement that came by a merge is found behind it.
git -C lab checkout -q main
git -C lab commit -q --allow-empty -m "meanwhile"
git -C lab merge -q --no-ff -m "merge better" better~2
run report -o merged lab
is "behind a merge, it begins where the improvement did" "$(jq -r .before.commit merged/report.json)" "$(git -C lab rev-parse main~2)"
is "with the commits of each phase" "$(jq '[.commits[] | select(.phase)] | length' merged/report.json)" "$(jq '.commits | length' out/report.json)"

# What is staged is a state of its own, and a chart in it a service of which little is known.
cat >lab/chart.yaml <<'Y'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: grafana, namespace: site}
spec: {chart: {spec: {chart: grafana, sourceRef: {kind: HelmRepository, name: grafana}}}}
Y
git -C lab add chart.yaml
printf 'ssh anna@192.168.1.77\n' >lab/more.sh
git -C lab add more.sh
run report --from HEAD -o staged lab
is "two files are staged" "$(jq -r '"\(.after.staged) \(.after.command)"' staged/report.json)" "2 labwright check"
has "and the report says so" staged/REPORT.md "and 2 staged files |"
has "the chart is listed" staged/REPORT.md "| grafana | HelmRelease | – | grafana | chart.yaml |"
has "as one that nobody opened" staged/REPORT.md "1 of these 2 are charts that were not opened"
git -C lab rm -qf more.sh chart.yaml

# Where nothing led to this state, it is told alone; a long history is told by months, in the commits that it knows.
git init -q -b main old
cat >old/compose.yaml <<'Y'
services:
  web: {image: nginx, restart: always}
Y
git -C old add -A
for year in 2019 2020 2021 2022 2023; do
	for month in 01 04 07 10; do
		echo "$year $month" >>old/notes.md
		[ "$year$month" = 202104 ] && sed -i 's/nginx/nginx:1.27/' old/compose.yaml
		[ "$year$month" = 202207 ] && sed -i 's/nginx:1.27/nginx:latest/' old/compose.yaml
		git -C old add -A
		GIT_AUTHOR_DATE=$year-$month-15T12:00:00Z GIT_COMMITTER_DATE=$year-$month-15T12:00:00Z \
			git -C old commit -q -m "notes of $year-$month"
	done
done
run report -o alone old
is "one state" $code 0
has "it is told alone" alone/REPORT.md "# The state of old"
is "by what it has" "$(jq .after.warnings alone/report.json)" 1
has "and nothing is called new" alone/REPORT.md "Nothing is compared"
is "five years are months" "$(jq -r '"\(.history.unit) \(.history.periods | length)"' alone/report.json)" "month 58"
is "each change has its commit" "$(jq -r '.history.changes[] | "\(.subject), \(.commits), \(.brought) \(.gone)"' alone/report.json | tr '\n' ';')" \
	"notes of 2019-01, 1, 1 0;notes of 2021-04, 1, 0 1;notes of 2022-07, 1, 1 0;"

for name in out people merged staged alone; do
	python3 - $name <<'P' >html.txt 2>&1
import sys, xml.dom.minidom
text = open(sys.argv[1] + "/report.html").read().replace("<!DOCTYPE html>", "")
page = xml.dom.minidom.parseString(text.encode())
assert all(svg.getElementsByTagName("title") for svg in page.getElementsByTagName("svg")), "a picture without words"
print("well-formed")
P
	has "the page $name is well-formed, whatever files are called" html.txt well-formed
	valid_report "the JSON of $name is as its schema says" $name/report.json
done
run report --from nowhere lab
is "a revision that nobody knows" $code 2
rm -rf lab/.git
run report lab
is "a folder without history" $code 2
finish
