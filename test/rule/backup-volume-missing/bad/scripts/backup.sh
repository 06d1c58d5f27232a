#!/bin/bash
# Backup of what is kept
VOLUMES=(
    bread-config
    the-cake
    soup-config   # what the soup knows
    "oven-data"
)
for VOLUME in "${VOLUMES[@]}"; do
	docker run --rm -v "$VOLUME":/data alpine tar c /data
done
