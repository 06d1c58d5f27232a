#!/bin/sh
# Findings that their owner silences.
. "$(dirname "$0")/tap.sh"
broken_repository homelab

printf 'a: 1\n# labwright: ignore=yaml-duplicate-key until=2999-01-01 -- both are read\na: 2\n' >homelab/twice.yaml
git -C homelab add .
run check homelab
is "a silenced error does not count" $code 0
lacks "nor is it shown" "$out" "[yaml-duplicate-key]"
has "but counted as silenced" "$out" "(1 suppressed)"
run check --format json homelab
is "JSON has it, marked" "$(jq -r '.findings[] | select(.suppressed) | .rule' "$out")" yaml-duplicate-key
is "and counts it" "$(jq .summary.suppressed "$out")" 1
run check --format sarif homelab
is "SARIF has it with the reason" "$(jq -r '.runs[0].results[] | .suppressions[]? | .kind + ": " + .justification' "$out")" "inSource: both are read"
is "and says of the others that they are not" "$(jq '[.runs[0].results[] | select(.suppressions == [])] | length' "$out")" 1

printf 'a: 1\n# labwright: ignore=yaml-duplicate-key until=2001-01-01\na: 2\n' >homelab/twice.yaml
git -C homelab add .
run check homelab
is "a silence that is over silences nothing" $code 1
run check --level info homelab
has "and is a note itself" "$out" "this ended on 2001-01-01"

broken_repository settings
mkdir -p settings/old/deep
printf 'a: 1\na: 2\n' >settings/old/deep/also.yaml
git -C settings add .
settings() {
	printf '%b' "$1" >settings/labwright.yaml
	git -C settings add .
	run check settings
}
settings 'rules:\n  yaml-duplicate-key: off\n'
is "a rule can be turned off" $code 0
lacks "and is silent" "$out" "[yaml-duplicate-key]"
run check --rule yaml-duplicate-key settings
is "but answers when asked by name" $code 1
settings 'rules:\n  yaml-duplicate-key: warning\n'
has "a rule can be set to another level" "$out" "twice.yaml:2:1: warning: "
is "which is the one that counts" $code 0
settings 'rules:\n  tag-floating: error\n  yaml-duplicate-key: off\n'
is "a warning can be made an error" $code 1
settings 'rules:\n  yaml-duplicate-key:\n    paths: [docs/]\n    reason: kept as it was\n'
has "a rule is silent below a path and only there" "$out" "twice.yaml:2:1: error: "
settings 'rules:\n  yaml-duplicate-key:\n    paths: [twice.yaml]\n    reason: kept as it was\n'
is "where it is silent nothing counts" $code 0
run check --format sarif settings
is "SARIF says that it is a setting" "$(jq -r '.runs[0].results[] | .suppressions[]? | .kind + ": " + .justification' "$out")" "external: kept as it was"
settings 'ignore: [docs, "tw*.yaml"]\n'
is "paths can be ignored by every rule" $code 0
finish
