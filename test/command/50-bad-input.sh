#!/bin/sh
# Input that is broken, hostile or too much: it is named, everything else is checked, and neither time nor memory runs
# away. Memory is that of the sanitizers too, so the bounds are wide; test/bench measures the real ones.
. "$(dirname "$0")/tap.sh"

# bounded SECONDS MEGABYTES WORD...: runs it within both; sets $code, and $peak in MB.
bounded() {
	seconds=$1 megabytes=$2
	shift 2
	code=0
	python3 "$here/bounded.py" "$seconds" "$labwright" "$@" >"$out" 2>"$err" || code=$?
	peak=$(sed -n 's/^peak //p' "$err")
	[ "$peak" -lt "$megabytes" ]
	report $? "$NAME: takes less than $megabytes MB" "it took $peak MB"
}

# A repository in the current folder's $1 with one finding, so that "the rest is still checked" can be seen.
start() {
	NAME=$1
	git init -q -b main "$1"
	printf 'a: 1\na: 2\n' >"$1/twice.yaml"
}

checked() {
	is "$NAME: the work is done" $code 1
	has "$NAME: the rest is checked" "$out" "twice.yaml:2:1: error: "
}

# Root may read everything, so it steps down to nobody, who needs a copy of the program within reach.
start unreadable
printf 'b: 1\nb: 2\n' >unreadable/closed.yaml
chmod 0 unreadable/closed.yaml
if [ "$(id -u)" -eq 0 ]; then
	cp "$labwright" "$folder/labwright"
	chmod -R a+rX "$folder"
	chmod 0 unreadable/closed.yaml
	code=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$folder/labwright" check --root unreadable >"$out" 2>"$err" || code=$?
else
	run check --root unreadable
fi
checked
has "unreadable: the path is said" "$out" "closed.yaml: not read: permission denied"

start bytes
printf 'name: caf\351\nother: 1\n' >bytes/latin.yaml
head -c 20000 /dev/urandom >bytes/noise.yaml
printf '\377\376a\000:\000' >bytes/utf16.yaml
printf 'a: 1\n\000\n' >bytes/nul.md
git -C bytes add .
bounded 20 600 check bytes
checked

start line
python3 -c 'open("line/one.yaml", "w").write("key: " + "x" * 50_000_000)'
python3 -c 'open("line/deep.yaml", "w").write("[" * 5_000_000)'
python3 -c 'open("line/wide.json", "w").write("{\"a\": [" + "1," * 5_000_000 + "1]}")'
python3 -c 'open("line/words.md", "w").write("`" * 4_000_000 + "[" * 4_000_000 + "(" * 4_000_000)'
git -C line add .
bounded 60 3000 check line
checked
has "line: what is too large is said" "$out" "one.yaml: not read: larger than 16 MiB"

start bomb
python3 - <<'END'
with open("bomb/bomb.yaml", "w") as file:
    file.write("a0: &a0 [x, x]\n")
    for i in range(1, 60):
        file.write(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n")
    file.write("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata: *a59\n")
END
git -C bomb add .
bounded 20 600 check bomb
checked

start links
ln -s . links/self
ln -s loop-b links/loop-a
ln -s loop-a links/loop-b
ln -s /etc/passwd links/outside.yaml
ln -s nowhere links/dangling.yaml
git -C links add .
bounded 20 600 check links
checked
bounded 20 600 check --root links
checked
lacks "links: nothing outside is read" "$out" "passwd"

start submodule
git init -q other
printf 'c: 1\nc: 2\n' >other/other.yaml
git -C other add . && git -C other -c user.name=t -c user.email=t@t commit -qm one
git -C submodule -c protocol.file.allow=always submodule --quiet add "$PWD/other" sub
git -C submodule add .
bounded 20 600 check submodule
checked
lacks "submodule: what is another repository's is not read" "$out" "other.yaml"

start damaged
for i in $(seq 5); do printf "key$i: 1\n" >damaged/file$i.yaml; done
git -C damaged add .
git -C damaged -c user.name=t -c user.email=t@t commit -qm one
blob=$(git -C damaged rev-parse HEAD:file3.yaml)
object=damaged/.git/objects/$(echo "$blob" | sed 's#^..#&/#')
chmod u+w "$object" && head -c 5 "$object" >cut && cp cut "$object"
bounded 20 600 check --rev HEAD damaged
checked
has "damaged: the path is said" "$out" "file3.yaml: not read: its Git object is missing or damaged"
tree=$(git -C damaged rev-parse 'HEAD^{tree}')
object=damaged/.git/objects/$(echo "$tree" | sed 's#^..#&/#')
chmod u+w "$object" && : >"$object"
bounded 20 600 check --rev HEAD damaged
is "damaged: without a tree the work cannot be done" $code 3
has "damaged: that is said" "$err" "error: "
printf 'garbage' >damaged/.git/index
bounded 20 600 check damaged
is "damaged: without an index it cannot either" $code 3

start many
python3 - <<'END'
import os
os.mkdir("many/all")
for i in range(100_000):
    with open(f"many/all/{i:06}.yaml", "w") as file:
        file.write(f"a: {i}\n")
END
bounded 120 3000 check --root many
checked

run check --root /proc/self/fd
is "a folder that is no repository does not stop it" "$([ $code -le 3 ] && echo yes)" yes
run check /dev/null
is "a device is no crash" "$([ $code -le 3 ] && echo yes)" yes
finish
