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
	printf '\n%s\n$ labwright %s\n' "$1" "$2"
}

set -- --usage "$examples/cluster/pods.json" --usage "$examples/cluster/metrics.json"
shown='--usage pods.json --usage metrics.json'
echo "A homelab, made up: two nodes and $(git rev-list --count HEAD) commits, with what goes wrong in six weeks."

say "What is wrong with it?" check
# Findings are what this shows; only 2 and 3 mean that something went wrong.
"$program" check >"$folder/check.txt" || [ $? -eq 1 ]
grep ' files, ' "$folder/check.txt" | tail -n 1
say "Where should everything run? (as kubectl said that it does run)" "place $shown"
"$program" place "$@" | sed -n '/^NODES/,/^$/{/^ *$/d;p}'
say "Mend what can be proven, on a branch:" "improve $shown"
"$program" improve "$@" >"$folder/improve.txt"
sed -n '/^  structure/,/^  findings/p' "$folder/improve.txt"
branch=$(git for-each-ref --format='%(refname:short)' 'refs/heads/labwright/*')
git merge -q --ff-only "$branch"
say "What became of it?" "report $shown"
"$program" report "$@" -o "$folder" | head -n 1
"$program" check >"$folder/check-after.txt" || [ $? -eq 1 ]

cat <<END

Where to look:
  $folder/report.html   the report, for a browser (REPORT.md: for a forge, report.json: for programs)
  $folder/check.txt     all that was found before; check-after.txt: what is left for its owner
  $folder/homelab       the repository: git log --stat $branch shows each step
Then in a clone of yours: labwright check, labwright improve. Neither changes a file of your checkout.
END
