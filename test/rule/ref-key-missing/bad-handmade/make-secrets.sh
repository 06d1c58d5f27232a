#!/bin/sh
kubectl create secret generic database -n web --from-literal=password="$DB_PASSWORD" \
	--from-literal user="$DB_USER" --from-file=tls/ca.crt --dry-run=client -o yaml | kubectl apply -f -
