#!/bin/sh
# The words of the command line: help, exit codes, wrong words.
. "$(dirname "$0")/tap.sh"

run
is "no argument is no error" $code 0
has "help names check" "$out" "check"
has "help goes by situation" "$out" "look at the repository"
has "help ends with a command to type" "$out" "next: labwright check"
run --help
is "--help is help" $code 0
run --version
has "--version says which" "$out" "labwright 0."
run help check
has "help COMMAND lists its options" "$out" "--fail-on"
run check --help
has "COMMAND --help does too" "$out" "--fail-on"

run chekc
is "a wrong command is wrong usage" $code 2
has "it is said" "$err" "error: 'chekc' is not a command"
has "what was meant is said" "$err" "check"
is "nothing is on standard output" "$(cat "$out")" ""
run check --formt=json
is "a wrong option is wrong usage" $code 2
has "the option that was meant is said" "$err" "--format"
run check --rule yaml-duplicate-kye .
is "a wrong rule is wrong usage" $code 2
has "the rule that was meant is said" "$err" "yaml-duplicate-key"
run check --root . --rev HEAD
is "a folder and a commit at once, too" $code 2
run check --format yaml .
is "a wrong format is wrong usage" $code 2
has "the formats are listed" "$err" "sarif"
run check --level fatal .
is "a wrong level is wrong usage" $code 2
run check --threads 1000 .
is "too many threads are wrong usage" $code 2
run check --format json --format sarif .
is "two reports in one stream are wrong usage" $code 2
run check nowhere
is "a path that is not there is wrong usage" $code 2
has "the path is said" "$err" "nowhere"
run facts --kind imge .
is "a wrong kind is wrong usage" $code 2
has "the kind that was meant is said" "$err" "image"
run explain
is "explain wants a rule" $code 2
run explain yaml-duplicate-kye
has "explain says which rule was meant" "$err" "yaml-duplicate-key"
run explain yaml-duplicate-key
is "explain explains" $code 0
has "why" "$out" "Readers disagree"
has "how to silence it" "$out" "labwright: ignore=yaml-duplicate-key"
run rules
has "rules lists rules" "$out" "yaml-duplicate-key"
run rules --format json
is "rules as JSON" "$(python3 -c 'import json,sys; print(all(r["why"] for r in json.load(open(sys.argv[1]))))' "$out")" True
run rules --format markdown
has "rules as Markdown" "$out" '| `yaml-duplicate-key` | error |'
finish
