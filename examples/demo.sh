#!/bin/sh
# demo.sh LABWRIGHT [FOLDER]: lays out the bundled homelab with its history, answers what `init` asks as its owner does,
# improves it on a branch, and writes the report. The folder (a temporary one where none is named) stays, to be looked
# at. `labwright demo` runs it.
set -eu
program=$(realpath "$1")
examples=$(realpath "$(dirname "$0")")
folder=$(realpath -m "${2:-$(mktemp -d)}")
lab=$folder/homelab
mkdir -p "$folder"
sh "$examples/history.sh" "$lab"
cd "$lab"
cp "$examples/labwright.yaml" labwright.yaml
export GIT_AUTHOR_NAME='Jonas Brandt' GIT_AUTHOR_EMAIL=jonas@example.org
export GIT_COMMITTER_NAME='Jonas Brandt' GIT_COMMITTER_EMAIL=jonas@example.org
# The weekend after the last commit of the history, so that the same run makes the same commits.
export GIT_AUTHOR_DATE='2025-04-12T20:00:00+02:00' GIT_COMMITTER_DATE='2025-04-12T20:00:00+02:00'
git add labwright.yaml
git commit -q -m 'what labwright init asked'

say() {
	printf '\n$ labwright %s\n' "$*"
}

say check
# Findings are what this shows; only 2 and 3 mean that something went wrong.
"$program" check >"$folder/check.txt" || [ $? -eq 1 ]
tail -n 2 "$folder/check.txt"
say place --usage cluster/pods.json --usage cluster/metrics.json
"$program" place --usage "$examples/cluster/pods.json" --usage "$examples/cluster/metrics.json" | sed -n '/^NODES/,/^$/p'
say improve --usage cluster/pods.json --usage cluster/metrics.json
"$program" improve --usage "$examples/cluster/pods.json" --usage "$examples/cluster/metrics.json"
branch=$(git for-each-ref --format='%(refname:short)' 'refs/heads/labwright/*')
git merge -q --ff-only "$branch"
say check "  # on that branch"
"$program" check >"$folder/check-after.txt" || [ $? -eq 1 ]
tail -n 2 "$folder/check-after.txt"
say report --usage cluster/pods.json --usage cluster/metrics.json -o "$folder"
"$program" report --usage "$examples/cluster/pods.json" --usage "$examples/cluster/metrics.json" -o "$folder"
printf '\nLook at %s: git log --stat shows each step; the reports lie in %s\n' "$lab" "$folder"
