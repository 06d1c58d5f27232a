#!/bin/sh
# The homelab as it should be stays without a finding, sorted and placed; and that is no silence: what breaks is found.
. "$(dirname "$0")/tap.sh"
cp -R "$here/../../examples/after" after

for profile in homelab security; do
	run check --all --root after --profile $profile
	is "nothing is wrong for $profile" $code 0
	has "with nothing at all to say" "$out" "0 errors, 0 warnings, 0 notes"
done
has "and all of it was read" "$out" "71 objects"
run check --rule config-invalid --root after
is "its labwright.yaml is understood" $code 0
run organize --root after
has "every part is where it belongs" "$out" "0 parts would move"
run place --root after
has "every pod has its node" "$out" "optimal, proven"
has "and none has to move" "$out" "0 moves"

cp -R after kept && git init -q -b main kept && git -C kept add -A
git -C kept -c user.name=Anna -c user.email=anna@example.org commit -qm "the homelab as it should be"
run report -o told kept
is "its report" $code 0
valid_report "is as its schema says" told/report.json
has "and has nothing to do" told/REPORT.md "finds nothing."
is "with all of its services" "$(jq '.services | length' told/report.json)" 21

# expect NAME FILE SED RULE
expect() {
	cp after/"$2" "$folder/whole"
	sed -i "$3" after/"$2"
	is "$1 is an edit" "$(cmp -s after/"$2" "$folder/whole" || echo edited)" edited
	run check --all --format lines --root after
	has "$1 is found" "$out" "[$4]"
	cp "$folder/whole" after/"$2"
}
core=production/core monitoring=production/monitoring
expect "another port" $core/n8n/n8n.yaml 's/port: 5678/port: 5679/' port-drift
expect "a Secret that nobody makes" infrastructure/traefik/traefik.yaml 's/homelab-tls/homelab-tlx/' ref-config-missing
expect "an address of nobody" docs/nodes.md 's/192.168.8.20 /192.168.8.21 /' address-drift
expect "a manifest that is no longer applied" $monitoring/kustomization.yaml '/grafana.yaml/d' orphan-manifest
expect "a volume on the other node" production/ai-stack/qdrant/qdrant.yaml 's/pesubuntu/asuna/' unschedulable
expect "a tag that moves" $monitoring/grafana/grafana.yaml 's/grafana:11.5.2/grafana:latest/' tag-floating
expect "a module left out" production/family-assistant/app/assistant/main.py 's/assistant import services/assistant import service/' import-unresolved
expect "a dead link" README.md 's|(docs/runbook.md)|(docs/runbooks.md)|' doc-dead-path
finish
