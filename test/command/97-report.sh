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
is "there were fewer" "$([ "$after" -lt "$before" ] && echo yes)" yes
is "the commits are those of the branch" "$(jq '.commits | length' out/report.json)" "$(git -C lab rev-list --count main..better)"
is "each has its phase" "$(jq '[.commits[] | select(.phase == null)] | length' out/report.json)" 0
is "the timeline ends where the state after does" "$(jq -r '.timeline[-1].errors' out/report.json)" "$after"
has "the table of addresses" out/REPORT.md "| 192.168.1.10 | none that is declared | 2 | 2 | 0 | 0 |"
has "and where they went" out/REPORT.md "| 192.168.8.10 | anna | 0 | 0 | 2 | 2 |"
has "the catalogue" out/REPORT.md "| web | – | anna | 2 | nginx:1.27 | 80 (node 30080) |"
has "what was not measured says so" out/REPORT.md "not measured"
has "nodes before and after" out/report.html "<svg"
is "nothing is asked of a network" "$(grep -oE '(src|href)=|https?://[^" ]+' out/report.html | grep -v w3.org/2000/svg | wc -l | tr -d ' ')" 0
is "no script runs" "$(grep -c '<script' out/report.html)" 0
python3 - <<'P' >html.txt 2>&1
import xml.dom.minidom
text = open("out/report.html").read().replace("<!DOCTYPE html>", "")
xml.dom.minidom.parseString(text.encode())
print("well-formed")
P
has "the page is well-formed, whatever files are called" html.txt well-formed
python3 - "$here/../../docs/report.schema.json" <<'P' >schema.txt 2>&1
import json, sys, jsonschema
jsonschema.validate(json.load(open("out/report.json")), json.load(open(sys.argv[1])))
print("valid")
P
has "the JSON is as its schema says" schema.txt "valid"
run report --from main --to better -o named lab
is "two revisions by name" "$(jq -r .after.errors named/report.json)" "$after"
run report --from nowhere lab
is "a revision that nobody knows" $code 2
rm -rf lab/.git
run report lab
is "a folder without history" $code 2
finish
