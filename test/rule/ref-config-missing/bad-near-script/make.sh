#!/bin/sh
kubectl create secret tls homelab-tls -n ingress --cert=a.crt --key=a.key
kubectl create secret generic shop-1 -n ingress --from-literal=a=b
