#!/bin/sh
OUT="$1/certs.yml"
cat template >"$OUT"
