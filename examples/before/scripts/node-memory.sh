#!/usr/bin/env bash
# Memory in use on each node, in percent.
set -eu
PROMETHEUS=${PROMETHEUS:-http://192.168.1.185:30900}
curl -fsS "$PROMETHEUS/api/v1/query" --data-urlencode \
	'query=round(100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes))' |
	python3 -c 'import json,sys
for r in json.load(sys.stdin)["data"]["result"]: print(r["metric"]["node"], r["value"][1], "%")'
