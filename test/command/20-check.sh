#!/bin/sh
# What check prints and what it exits with.
. "$(dirname "$0")/tap.sh"
broken_repository homelab

run check homelab
is "errors exit with 1" $code 1
is "nothing but the report is printed" "$(cat "$err")" ""
has "a finding is a line that editors know" "$out" "twice.yaml:2:1: error: "
has "it ends with its rule" "$out" "[yaml-duplicate-key]"
has "evidence is below it" "$out" "    twice.yaml:1:1: "
has "what to do is below that" "$out" "  hint: "
has "the summary counts" "$out" "— 1 error, 1 warning, 0 notes"
has "the last line is a command to type" "$out" "next: labwright explain yaml-duplicate-key"
lacks "no time in a pipe: the same files give the same report" "$out" " ms"
lacks "no colour in a pipe" "$out" "$(printf '\033')"
cp "$out" first
run check homelab
is "twice is the same" "$(cmp first "$out" && echo same)" same
run check --threads 7 homelab
is "threads leave no trace" "$(cmp first "$out" && echo same)" same

run check --fail-on never homelab
is "--fail-on never" $code 0
run check --fail-on warning homelab/compose.yaml
is "--fail-on warning" $code 1
run check homelab/compose.yaml
is "only findings of the path count" $code 0
has "and are shown" "$out" "tag-floating"
lacks "others are not" "$out" "yaml-duplicate-key"
run check --level error homelab
lacks "--level error leaves warnings out" "$out" "[tag-floating]"
has "but counts them" "$out" "1 warning"
run check --rule tag-floating homelab
lacks "--rule leaves other rules out" "$out" "yaml-duplicate-key"

run check --color always homelab
has "--color always" "$out" "$(printf '\033[31m')"
CLICOLOR_FORCE=1 run check homelab
has "CLICOLOR_FORCE" "$out" "$(printf '\033[31m')"
CLICOLOR_FORCE=1 NO_COLOR=1 run check homelab
lacks "NO_COLOR" "$out" "$(printf '\033')"
LC_ALL=C run check homelab
is "ASCII without a UTF-8 locale" "$(LC_ALL=C grep -c '[^ -~	]' "$out")" 0
LC_ALL=C run
is "help too" "$(LC_ALL=C grep -c '[^ -~	]' "$out")" 0

run check --timing homelab
has "--timing says where the time went" "$err" "read them"
run check --no-cache homelab
is "--no-cache is known" $code 1
run check --output report homelab
is "--output keeps standard output empty" "$(cat "$out")" ""
has "--output writes" report "[yaml-duplicate-key]"
run check --format json=report.json --format text homelab
has "one report to a file" report.json '"findings"'
has "and one to standard output" "$out" "next: "
run check --output nowhere/report homelab
is "a report that cannot be written is failed work" $code 3
run check --format lines homelab
is "lines are findings and nothing else" "$(grep -c '^[^ ]' "$out")" 2

for i in $(seq 30); do printf 'a: 1\na: 2\n' >homelab/more$i.yaml; done
git -C homelab add .
run check homelab
is "ten findings of a rule are enough" "$(grep -c 'error: .*yaml-duplicate-key' "$out")" 10
has "the rest is counted, with the command to see it" "$out" "21 more: labwright check homelab --rule yaml-duplicate-key --all"
run check --all homelab
is "--all shows all" "$(grep -c 'error: .*yaml-duplicate-key' "$out")" 31

printf '[docs](gone.md)\nb: 1\nb: 2\n' >'homelab/a	b.yaml'
mv 'homelab/a	b.yaml' "$(printf 'homelab/\033[31mred.yaml')"
git -C homelab add .
run check homelab
lacks "control characters of a path do not reach the terminal" "$out" "$(printf '\033')"

cp -R "$here/../rule/source-syntax/bad" program
marker=$PWD/program/started
printf '#!/bin/sh\ntouch "%s"\n' "$marker" >program/python3
chmod +x program/python3
cd program || exit 1
path=$PATH
PATH=. run check
is "a repository gives no interpreter" "$([ -e "$marker" ] || echo none)" none
has "without one, check says what it left out" "$err" "were not compiled [source-syntax]"
lacks "and the rule says nothing" "$out" "source-syntax"
PATH=$PWD run check
has "one that gives no answer counts for nothing" "$err" "3 programs of images were not compiled"
PATH=$path run check
is "one that answers leaves nothing to say" "$(cat "$err")" ""
cp "$out" "$folder/first"
mkdir "$folder/counted"
printf '#!/bin/sh\necho >>"%s"\nexec /usr/bin/python3 "$@"\n' "$folder/starts" >"$folder/counted/python3"
chmod +x "$folder/counted/python3"
PATH=$folder/counted:$path
run check
run check
is "what an interpreter said is kept" "$(wc -l <"$folder/starts")" 1
is "and is the same as before" "$(cmp "$out" "$folder/first" && echo same)" same
run check --no-cache
is "unless nothing kept is wanted" "$(wc -l <"$folder/starts")" 2
find "$XDG_CACHE_HOME" -type f -exec sed -i 's/SyntaxError/EvilError/' {} +
run check
is "what was changed there is asked again" "$(wc -l <"$folder/starts")" 3
is "and counts for nothing" "$(cmp "$out" "$folder/first" && echo same)" same

mkdir ../edited
cd ../edited || exit 1
git init -q
printf 'services:\n  shelf:\n    image: nginx\n    restart: always\n' >compose.yaml
git add -A
run check --rule tag-floating
has "what Git has is checked" "$out" "[tag-floating]"
is "and nothing more is said" "$(cat "$err")" ""
printf 'services:\n  shelf:\n    image: nginx:1.29.1\n    restart: always\n' >compose.yaml
run check --rule tag-floating
has "also after an edit" "$out" "[tag-floating]"
has "which is said" "$err" "note: compose.yaml has changed since \`git add\`; --worktree reads it as it is"
run check --rule tag-floating --worktree
lacks "the file as it is" "$out" "[tag-floating]"
is "and nothing more to say" "$(cat "$err")" ""
finish
