#!/bin/sh
docker compose -f compose.yaml up -d
docker compose -f compose.server.yaml up -d
