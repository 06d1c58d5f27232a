#!/usr/bin/env bash
# New router, new subnet. Everything was 192.168.1.x and is 192.168.8.x now.
# First round: only what the services need. The rest when it hurts.
set -eu
cd "$(dirname "$0")"
grep -rlF '192.168.1.' services docs/runbooks/ollama.md docs/runbooks/qdrant.md docs/runbooks/mem0.md |
	xargs sed -i 's/192\.168\.1\./192.168.8./g'
git diff --stat
