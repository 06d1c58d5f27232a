#!/bin/sh
podman exec postgresql pg_dumpall -U postgres > /srv/dump.sql
podman exec redis redis-cli save
docker exec queue rabbitmqctl list_queues
