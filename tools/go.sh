#!/bin/sh
# Prints a Go of 1.21 or newer, which brings the version that a go.mod asks for by itself. Debian 12 has 1.19: that is good
# enough to bring a newer one as a module, once, into ~/.cache/labwright-go.
set -eu
toolchain=$(sed -n 's/^toolchain //p' "$(dirname "$0")/../test/live/kubernetes/control/go.mod")
version() { "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9]*\)\.\([0-9]*\).*/\1\2/p'; }
older=
for go in "$(command -v go || :)" /usr/lib/go-1.19/bin/go; do
	[ -x "$go" ] || continue
	[ "$(version "$go")" -lt 121 ] || { echo "$go"; exit 0; }
	older=$go
done
[ -n "$older" ] || { echo "there is no Go: apt-get install golang-go" >&2; exit 1; }
release=$toolchain.linux-$("$older" env GOARCH)
cache=$HOME/.cache/labwright-go folder=$HOME/.cache/labwright-go/$release
if [ ! -x "$folder/bin/go" ]; then
	mkdir -p "$cache"
	exec 9>"$cache/.lock"
	flock 9
fi
if [ ! -x "$folder/bin/go" ]; then
	"$older" mod download "golang.org/toolchain@v0.0.1-$release" >&2
	# A module's files are not executable, and not to be changed.
	rm -rf "$folder.new"
	cp -r "$("$older" env GOMODCACHE)/golang.org/toolchain@v0.0.1-$release" "$folder.new"
	chmod -R u+w "$folder.new"
	chmod +x "$folder.new"/bin/* "$folder.new"/pkg/tool/*/*
	mv "$folder.new" "$folder"
fi
echo "$folder/bin/go"
