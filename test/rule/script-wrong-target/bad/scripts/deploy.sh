#!/bin/sh
set -e
kubectl apply -f kubernetes/web/web.yaml
docker compose -f docker/compose.yml up -d
kubectl apply -k "overlays/prod" && echo done
bash scripts/gone.sh
