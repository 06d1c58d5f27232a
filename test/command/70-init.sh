#!/bin/sh
# labwright.yaml inferred: what agrees is written with its place, what disagrees is a question, nothing is overwritten.
. "$(dirname "$0")/tap.sh"
mkdir lab
for node in anna bert; do
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {nodeSelector: {kubernetes.io/hostname: %s}, containers: [{name: a, image: "nginx:1.27"}]}\n' \
		$node $node >lab/$node.yaml
done
printf 'ANNA_IP=192.168.8.10\nBERT_IP=192.168.8.20\n' >lab/.env
printf 'bert: 192.168.1.20\n' >lab/notes.txt
run init --root lab
is "it is printed" $code 0
has "what agrees is written, with its place" "$out" "lan: 192.168.8.10  # .env:1"
has "what disagrees is a question" "$out" "# ? lan: 192.168.8.20 (.env:2) or 192.168.1.20 (notes.txt:1)"
lacks "and none of both is chosen" "$out" "      lan: 192.168.8.20"
has "a network is guessed from it" "$out" "lan: {cidr: 192.168.8.0/24, kind: lan}  # a guess: one address, in .env:1"
run init --root lab --write
is "it is written where it is asked for" "$([ -f lab/labwright.yaml ] && echo yes)" yes
run check --root lab --rule config-invalid
is "the reader takes it" $code 0
cp lab/labwright.yaml before
run init --root lab --write
is "it is never overwritten" $code 2
is "not even in part" "$(cmp before lab/labwright.yaml && echo same)" same

mkdir -p several/archive several/inventory
printf 'all:\n  hosts:\n    carla:\n      ansible_host: 192.168.8.30\n    yes:\n      ansible_host: 192.168.8.31\n' >several/inventory/hosts.yml
printf '| node | LAN | storage |\n| --- | --- | --- |\n| dora | 192.168.8.40 | 10.10.10.40 |\n' >several/README.md
echo old >several/archive/x.txt
run init --root several
has "an inventory names machines" "$out" "carla:  # inventory/hosts.yml:4"
has "a table gives a machine several networks" "$out" "lan: 192.168.8.40  # README.md:3"
has "folders at the top are areas" "$out" '"inventory": "inventory/"  # 1 file'
has "what is archived is on its way out" "$out" '"archive": {paths: "archive/", deprecated: true}'
run init --root several --write
run check --root several --rule config-invalid
is "the reader takes this, too" $code 0
run config show --root several
has "a name that YAML would read as a truth is a name" "$out" "yes:"

mkdir nameless
printf 'ssh me@192.168.8.50\ncurl http://192.168.8.50:80\n' >nameless/up.sh
run init --root nameless
has "addresses of nobody are asked for" "$out" "# ? whose is 192.168.8.50 (up.sh:1, 2 times)"
run init --root nameless --write
run check --root nameless --rule config-invalid
is "and still it is a labwright.yaml" $code 0
finish
