#!/bin/sh
kubectl apply -f https://example.org/stores.yaml
