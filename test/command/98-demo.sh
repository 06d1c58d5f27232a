#!/bin/sh
# The demonstration, from where an installed program has it: what it leaves behind is what it says.
. "$(dirname "$0")/tap.sh"
mkdir -p usr/bin usr/share/labwright
cp "$labwright" usr/bin/labwright
run_installed() {
	code=0
	usr/bin/labwright "$@" >"$out" 2>"$err" || code=$?
}

run_installed demo never
is "without its homelab it cannot be shown" $code 3
has "and says what brings it" "$err" "make install"
cp -R "$here/../../examples" usr/share/labwright
run_installed demo shown
is "it succeeds" $code 0
has "with the phases" "$out" "structure"
has "and where to look" "$out" "$PWD/shown/report.html"
is "within a screen" "$([ "$(wc -l <"$out")" -le 40 ] && echo yes)" yes
is "the reports are there" "$(ls shown | tr '\n' ' ')" "REPORT.md check-after.txt check.txt homelab improve.txt report.html report.json "
before=$(sed -n 's/.*before, \([0-9]*\) after; warnings.*/\1/p' "$out")
"$labwright" check --level error --format json shown/homelab >errors.json
is "the errors that it counts are those of the branch" "$(grep -c '"fingerprint"' errors.json)" "$before"
valid_report "the JSON is as its schema says" shown/report.json
is "nothing is left uncommitted" "$(git -C shown/homelab status --porcelain)" ""
run_installed demo shown
is "it does not overwrite" $code 3
has "and names the folder" "$err" "shown/homelab"
run demo one two
is "one folder at most" $code 2
finish
