#!/bin/sh
# first what is there
. scripts/print-stte.sh
kubectl apply -f apps/albun/web.yaml
