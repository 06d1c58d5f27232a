#!/bin/sh
# JSON and SARIF: they parse, they hold what they promise, and SARIF is what its schema says.
. "$(dirname "$0")/tap.sh"
broken_repository homelab
name=$(printf 'homelab/caf\303\251 50%%:\377.yaml')
printf 'k\303\251y: {x: "\303\251", x: 2}\n' >"$name"
printf 'ok: 1\n' >homelab/.secret
git -C homelab add .

run check --format json homelab
is "JSON parses" "$(jq -r type "$out")" object
is "its keys" "$(jq -c keys "$out")" '["findings","skipped","summary","version"]'
is "the keys of a finding" "$(jq -c '.findings[0] | keys' "$out")" \
	'["column","evidence","fingerprint","fixable","hint","level","line","message","path","rule","suppressed"]'
is "the keys of its evidence" "$(jq -c '[.findings[].evidence[]][0] | keys' "$out")" '["column","line","path","text"]'
is "types" "$(jq '[.findings[] | (.line | type) == "number" and (.fixable | type) == "boolean"] | all' "$out")" true
is "its summary" "$(jq -c '.summary | [.errors, .warnings, .files]' "$out")" '[1,2,4]'
is "fingerprints are told apart" "$(jq '[.findings[].fingerprint] | length == (unique | length)' "$out")" true
cp "$out" before
sed -i '1i # a line more' homelab/twice.yaml
git -C homelab add .
run check --format json homelab
is "fingerprints stay when lines move" "$(jq -c '[.findings[].fingerprint] | sort' "$out")" "$(jq -c '[.findings[].fingerprint] | sort' before)"

run check --format sarif homelab
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	result=$(/usr/bin/python3 "$here/sarif.py" "$here/../data/sarif-2.1.0.json" "$out" 2>&1)
	is "SARIF is what its schema says" "$result" valid
else
	skip "SARIF is what its schema says" "python3-jsonschema is not installed"
fi
is "SARIF paths are encoded" "$(jq -r '[.runs[0].results[].locations[].physicalLocation.artifactLocation.uri | select(startswith("caf"))][0]' "$out")" \
	'caf%C3%A9%2050%25%3A%FF.yaml'
is "SARIF columns count characters" "$(jq -c '[.runs[0].results[].locations[].physicalLocation | select(.artifactLocation.uri | startswith("caf")) | .region | [.startLine, .startColumn, .endLine, .endColumn]][0]' "$out")" \
	'[1,15,1,16]'
is "SARIF rules are those of the results" "$(jq '[.runs[0] as $run | $run.results[] | $run.tool.driver.rules[.ruleIndex].id == .ruleId] | all' "$out")" true
is "SARIF rules have prose" "$(jq '[.runs[0].tool.driver.rules[].help.text | length > 20] | all' "$out")" true
is "SARIF evidence is related" "$(jq -r '[.runs[0].results[] | select(.ruleId == "yaml-duplicate-key")][0].relatedLocations[0].message.text | length > 0' "$out")" true
git init -q mend
printf 'version: "3"\nservices:\n  web:\n    image: nginx:1.27.0\n' >mend/compose.yaml
git -C mend add .
run check --format sarif mend
is "SARIF holds the proven edits" \
	"$(jq -c '.runs[0].results[] | [.ruleId, (.fixes[].artifactChanges[] | .artifactLocation.uri, (.replacements[] | .deletedRegion.startLine, .deletedRegion.endLine, .insertedContent.text))]' "$out")" \
	'["compose-version-field","compose.yaml",1,2,""]'
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	is "which are what the schema says" "$(/usr/bin/python3 "$here/sarif.py" "$here/../data/sarif-2.1.0.json" "$out" 2>&1)" valid
fi
mkdir empty && git init -q empty
run check --format sarif empty
is "an empty repository is no error" $code 0
has "but said to be empty" "$err" "Git tracks none here"
is "and its SARIF has no results" "$(jq -c '.runs[0].results' "$out")" '[]'
finish
