#!/usr/bin/env bash
# Everything on localhost, for working on the train.
set -eu
kubectl -n homelab port-forward svc/postgres 5432:5432 &
kubectl -n homelab port-forward svc/qdrant 6333:6333 &
kubectl -n homelab port-forward svc/family-assistant 8001:8001 &
kubectl -n monitoring port-forward svc/prometheus 9090:9090 &
trap 'kill $(jobs -p)' EXIT
wait
