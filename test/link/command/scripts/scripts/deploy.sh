#!/bin/sh
cd "$(dirname "$0")/.."
kubectl apply -n site -f apps/one.yaml -f apps/two.yaml
kubectl apply -k listed
kubectl create --namespace=folder -f folder/
kubectl apply -R -f deep
kustomize build built | kubectl apply -f -
kubectl apply -f stars/*.yaml
kubectl apply -f "$FILE"
kubectl apply -f https://example.org/install.yaml
kubectl delete -f deleted.yaml
