#!/bin/sh
# clients.sh: prints the path of a Python that has the clients of test/requirements.txt. Makes its environment, once for
# each content of that file, in the user's cache folder; two at once wait for one another.
set -eu
here=$(dirname "$0")
list=$here/../test/requirements.txt
key=$(sha256sum "$list" | cut -c 1-16)
base=${XDG_CACHE_HOME:-$HOME/.cache}/labwright-clients
folder=$base/$key
python=$folder/bin/python
mkdir -p "$base"
exec 9>"$base/lock"
flock 9
if [ ! -f "$folder/complete" ]; then
	rm -rf "$folder"
	python3 -m venv "$folder" >&2
	"$python" -m pip install --quiet --disable-pip-version-check -r "$list" >&2
	touch "$folder/complete"
fi
echo "$python"
