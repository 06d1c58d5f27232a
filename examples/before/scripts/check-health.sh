#!/usr/bin/env bash
# Ask everything that has an address whether it is well. From the sofa: HOST=100.96.12.3 scripts/check-health.sh
set -u
HOST=${HOST:-192.168.1.185}
COMPUTE=${COMPUTE:-192.168.1.105}

ask() {
	if curl -fsS -o /dev/null --max-time 5 "$2"; then echo "ok    $1"; else echo "DEAD  $1  $2"; fi
}

ask n8n "http://$HOST:30678/healthz"
ask prometheus "http://$HOST:30900/-/healthy"
ask dashboard "http://$HOST:30300/"
ask family-assistant "http://$HOST:8001/health"
ask ollama "http://$COMPUTE:31434/api/version"
