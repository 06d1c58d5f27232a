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
finish
