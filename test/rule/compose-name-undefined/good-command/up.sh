#!/bin/sh
docker compose -f base/networks.yaml -f stacks/web/docker-compose.yml up -d
