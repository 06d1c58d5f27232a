#!/usr/bin/env bash
# Store one memory, ask for it again.
set -eu
kubectl -n homelab port-forward svc/mem0 18000:8000 &
forward=$!
trap 'kill $forward' EXIT
sleep 2
curl -fsS http://localhost:18000/memories -H 'content-type: application/json' \
	-d '{"user_id": "test", "messages": [{"role": "user", "content": "Emma is allergic to hazelnuts"}]}'
curl -fsS 'http://localhost:18000/memories?user_id=test'
