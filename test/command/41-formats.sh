#!/bin/sh
# Formats that other programs read: each is read here by a parser that is not ours, from names that try to break it.
. "$(dirname "$0")/tap.sh"
broken_repository homelab
name=$(printf 'homelab/a,b:c%%0A <&"|`é\033\n::error::x.yaml')
printf 'a: 1\na: 2\n' >"$name"
printf 'a: 1\na: 2 # labwright: ignore=yaml-duplicate-key -- kept & <known>\n' >homelab/known.yaml
git -C homelab add .
run check --format json homelab
errors=$(jq .summary.errors "$out") warnings=$(jq .summary.warnings "$out") notes=$(jq .summary.notes "$out")
jq -c '[.findings[] | select(.suppressed | not) | .fingerprint] | sort' "$out" >fingerprints

run check --format github homelab
is "github: a line for each finding, whatever its path" "$(grep -c '^::\(error\|warning\|notice\) file=[^,:]*,line=[0-9]*,col=[0-9]*,title=[a-z-]*::' "$out")" \
	$((errors + warnings + notes))
is "and no other line" "$(grep -vc '^::' "$out")" 0
has "the path can be had back" "$out" 'file=a%2Cb%3Ac%250A <&"|`é'
has "evidence stands behind line ends" "$out" "%0Atwice.yaml:"

run check --format gitlab homelab
is "gitlab: the fingerprints of JSON" "$(jq -c '[.[].fingerprint] | sort' "$out")" "$(cat fingerprints)"
is "every key that GitLab asks for" "$(jq '[.[] | (.description | length > 0) and (.check_name | length > 0) and (.location.path | length > 0) and (.location.lines.begin > 0)] | all' "$out")" true
is "severities that it knows" "$(jq -c '[.[].severity] - ["info", "minor", "major"]' "$out")" '[]'

run check --format junit --level info homelab
python3 - "$out" >counted <<'P'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()[0]
kinds = [case[0].tag for case in suite]
print(suite.get("tests"), suite.get("failures"), suite.get("skipped"), len(kinds), kinds.count("failure"), kinds.count("skipped"))
print(all(case.get("line").isdigit() and case.get("classname") for case in suite))
P
is "junit: its counts are those of its tests" "$(head -1 counted)" \
	"$((errors + warnings + notes + 1)) $((errors + warnings)) 1 $((errors + warnings + notes + 1)) $((errors + warnings)) 1"
is "each test has its rule and line" "$(tail -1 counted)" True
has "a silence says why" "$out" "kept &amp; &lt;known&gt;"
mkdir fine && git init -q fine && echo 'a: 1' >fine/a.yaml && git -C fine add .
run check --format junit fine
is "nothing wrong is a test that passes" "$(python3 -c 'import sys, xml.etree.ElementTree as t; s = t.parse(sys.argv[1]).getroot()[0]; print(s.get("tests"), s.get("failures"), len(s))' "$out")" "1 0 1"

run check --format markdown homelab
has "markdown: counts" "$out" "errors: $errors, warnings: $warnings"
is "each row has its five bars, whatever its path" "$(grep '^| ' "$out" | sed 's/\\|//g' | grep -vc '^|[^|]*|[^|]*|[^|]*|[^|]*|$')" 0
is "a row for each error" "$(grep -c '| yaml-duplicate-key |$' "$out")" "$errors"
lacks "no markup of the repository's" "$out" "<&"

run check --format markdown=m.md --format junit=j.xml --format github homelab
is "several at once" "$(ls m.md j.xml | wc -l) $code" "2 1"
run check --format xml homelab
has "an unknown one is told which there are" "$err" "text, lines, json, github, junit, markdown, sarif, gitlab"
finish
