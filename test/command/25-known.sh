#!/bin/sh
# What is new since a commit, and what a baseline names: over moved files and shifted lines.
. "$(dirname "$0")/tap.sh"
export GIT_AUTHOR_NAME=Anna GIT_AUTHOR_EMAIL=anna@example.org GIT_COMMITTER_NAME=Anna GIT_COMMITTER_EMAIL=anna@example.org
mkdir -p lab/apps && git -C lab init -q -b main
printf 'a: 1\na: 2\nb: 3\nlong: so that it is found again\n' >lab/apps/one.yaml
printf 'c: 1\nc: 2\n' >lab/apps/two.yaml
git -C lab add . && git -C lab commit -qm first
run check --write-baseline known.txt lab
is "a baseline is no failure" "$code $(cat "$out")" "0 "
is "a line for each finding" "$(grep -c '^[0-9a-f]\{32\} yaml-duplicate-key apps/' known.txt)" 2
run check --baseline known.txt lab
is "what it names is no failure" $code 0
has "and counted" "$err" "before and are not shown: 2"
run check --new-since HEAD lab
is "nothing is new since now" $code 0

mkdir lab/moved && git -C lab mv apps/one.yaml moved/one.yaml
sed -i '1i # a line more' lab/moved/one.yaml
printf 'd: 1\nd: 2\n' >lab/three.yaml
printf 'c: 1\n' >lab/apps/two.yaml
git -C lab add .
run check --format lines --new-since main lab
is "what is new is a failure" $code 1
has "and shown" "$out" "three.yaml:2:1: error"
lacks "what moved is old" "$out" one.yaml
run check --format lines --baseline known.txt lab
has "a baseline shows it, too" "$out" "three.yaml:2:1: error"
has "and says what is no more" "$err" "known.txt that are no more: 2"
git -C lab commit -qm second
run check --format lines --rev HEAD --new-since HEAD~1 lab
is "between two commits" "$(grep -c error: "$out") $(grep -c three.yaml "$out")" "1 2"
run check --new-since HEAD --rule no-such-rule lab
is "a wrong rule" $code 2
run check --new-since nonsense lab
is "no such commit" $code 2
has "is named" "$err" nonsense
run check --new-since HEAD --root lab
has "a folder has no past" "$err" "without Git"
run check --baseline gone.txt lab
is "no such baseline" $code 3
echo rubbish >known.txt
run check --baseline known.txt lab
has "what is none is told by its line" "$err" "known.txt:1: a baseline holds"
broken_repository first
run check --new-since HEAD --format lines first
has "before the first commit all is new" "$out" twice.yaml
run check --new-since origin/main first
has "a commit that was not fetched is told how to fetch" "$err" "fetch-depth: 0"
finish
