#!/bin/sh
NAME=by-script
docker build -t "$NAME" .
for d in */; do docker build -t "${d%/}" "$d"; done
ctr images import imported.tar # imported
