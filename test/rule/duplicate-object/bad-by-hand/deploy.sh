#!/bin/sh
kubectl apply -k core
kubectl apply -f apps/redis.yaml
