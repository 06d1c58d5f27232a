#!/bin/sh
. "$(dirname "$0")/../helpers.sh"
kubectl apply -f "$(dirname "$0")/pvc.yaml" --wait=true
kubectl apply -f "$(dirname "$0")/service.yaml"
kubectl apply -f "$(dirname "$0")/$1.yaml"
bash "$(dirname "${BASH_SOURCE[0]}")/../build.sh"
