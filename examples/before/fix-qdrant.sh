#!/usr/bin/env bash
# When qdrant-0 hangs: throw the pod away and look again.
kubectl -n homelab delete pod qdrant-0 --grace-period=0 --force
sleep 5
kubectl -n homelab describe pod qdrant-0 | tail -n 15
