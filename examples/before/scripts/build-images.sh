#!/usr/bin/env bash
# When GitHub is down: build here, import into k3s on pesubuntu.
set -eu
cd "$(dirname "$0")/.."
docker build -t ghcr.io/jbrandt-home/family-assistant:0.4.0 apps/family-assistant
docker build -t ghcr.io/jbrandt-home/mcp-tools:0.1.0 services/mcp-tools
docker save ghcr.io/jbrandt-home/family-assistant:0.4.0 ghcr.io/jbrandt-home/mcp-tools:0.1.0 |
	ssh jonas@192.168.1.105 sudo k3s ctr images import -
