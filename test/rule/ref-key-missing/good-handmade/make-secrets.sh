#!/bin/sh
kubectl create secret generic database -n web --from-literal=password="$DB_PASSWORD" \
	--from-literal user="$DB_USER" --from-file=tls/ca.crt --dry-run=client -o yaml | kubectl apply -f -
kubectl create secret generic listed --from-env-file=.env
kubectl create secret generic open --from-literal=one=1 $MORE
kubectl create secret tls tls --cert=a --key=b
