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
has "what agrees is written, with its place" "$out" "lan: 192.168.8.10 # .env:1, written 1 times"
has "what disagrees is a question" "$out" "# ? lan: 192.168.1.20, written 1 times, first in notes.txt:1"
lacks "and none of both is chosen" "$out" "      lan: 192.168.8.20"
run init --root lab --write
is "it is written where it is asked for" "$([ -f lab/labwright.yaml ] && echo yes)" yes
run check --root lab --rule config-invalid
is "the reader takes it" $code 0
cp lab/labwright.yaml before
run init --root lab --write
is "it is never overwritten" $code 2
is "not even in part" "$(cmp before lab/labwright.yaml && echo same)" same
finish
