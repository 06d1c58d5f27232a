#!/bin/sh
docker run -d --name pantry example/pantry:1.0
docker exec pantry true
docker exec -it wine-cellar sh
docker exec -e PANTRY-MIAN wine-cellar true
docker exec "$NAME" true
docker logs --since 10m pantry-main
docker stop -t 5 pantry-main
docker compose -f compose.yaml exec cellar sh
docker compose logs -n 20 oven
docker restart traefik
docker inspect pantry-mian-image
docker exec cellar true
