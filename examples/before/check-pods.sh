#!/usr/bin/env bash
# How many pods run, and which do not.
set -eu
for ns in homelab monitoring ingress; do
	total=$(kubectl -n "$ns" get pods --no-headers 2>/dev/null | wc -l)
	running=$(kubectl -n "$ns" get pods --no-headers 2>/dev/null | grep -c ' Running ' || true)
	echo "$ns: $running of $total pods running"
	kubectl -n "$ns" get pods --no-headers | grep -v ' Running ' || true
done
