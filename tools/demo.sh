#!/bin/sh
# demo.sh LABWRIGHT: lays out the bundled homelab with its history in a temporary folder and checks it there.
set -eu
program=$(realpath "$1")
examples=$(realpath "$(dirname "$0")/../examples")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sh "$examples/history.sh" "$folder/homelab"
cd "$folder/homelab"
echo "\$ labwright check"
# Findings are what this shows; only 2 and 3 mean that something went wrong.
"$program" check || [ $? -eq 1 ]
