#!/bin/sh
docker exec -u root cellar wine dump > /backup/wine.sql
docker stop -t 30 pantry-mian
docker compose restart wine-cellar
