# What every script of this folder begins with: `. "$(dirname "$0")/tap.sh"`.
#
# $labwright is the program, the current folder an empty one that goes away at the end, and
#   run WORD…            runs it; $code, $out and $err (files) are what came of it
#   is NAME A B          passes if A equals B
#   has NAME FILE TEXT   passes if FILE holds TEXT
#   lacks NAME FILE TEXT passes if it does not
#   valid_report NAME FILE
#   skip NAME WHY
#   finish               prints the plan
labwright=$(realpath -e "$1") || exit 1
here=$(realpath "$(dirname "$0")")
folder=$(mktemp -d)
trap 'chmod -R u+rwX "$folder"; rm -rf "$folder"' EXIT
out=$folder/.out err=$folder/.err
mkdir "$folder/work"
cd "$folder/work" || exit 1
export XDG_CACHE_HOME=$folder/.cache LC_ALL=C.UTF-8 TERM=xterm GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
unset NO_COLOR CLICOLOR_FORCE
number=0 failed=0

run() {
	code=0
	"$labwright" "$@" >"$out" 2>"$err" || code=$?
}

report() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
		echo "# $3"
		sed 's/^/# out: /' "$out" | head -20
		sed 's/^/# err: /' "$err" | head -20
	fi
}

is() {
	[ "$2" = "$3" ] && report 0 "$1" || report 1 "$1" "got '$2', wanted '$3'"
}

has() {
	grep -qF -e "$3" "$2" && report 0 "$1" || report 1 "$1" "no '$3'"
}

lacks() {
	[ -f "$2" ] || { report 1 "$1" "there is no file '$2'"; return; }
	grep -qF -e "$3" "$2" && report 1 "$1" "there is '$3'" || report 0 "$1"
}

skip() {
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

finish() {
	echo "1..$number"
	exit $failed
}

# Passes if the JSON of a report is as its published schema says.
valid_report() {
	python3 - "$2" "$here/../../docs/report.schema.json" >"$folder/schema.txt" 2>&1 <<-'P'
		import json, sys, jsonschema
		jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))
		print("valid")
	P
	has "$1" "$folder/schema.txt" valid
}

# A repository with one error, one warning and nothing else.
broken_repository() {
	git init -q -b main "$1"
	printf 'a: 1\na: 2\n' >"$1/twice.yaml"
	printf 'services:\n  web:\n    image: nginx\n    restart: always\n' >"$1/compose.yaml"
	git -C "$1" add .
}
