#!/bin/sh
cd apps/web
kubectl apply -f web.yaml
cd ../api
kubectl apply -f front/api.yaml
