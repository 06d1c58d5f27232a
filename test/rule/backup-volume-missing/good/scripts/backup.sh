#!/bin/bash
# Backup of what is kept; sauce-data is of another time
for volume in bread-config kitchen_cake-data made-by-hand; do
	docker run --rm -v $volume:/data -v /srv/copies:/copies alpine tar c /data
done
docker run --rm -v soup-data:/data alpine tar c /data
