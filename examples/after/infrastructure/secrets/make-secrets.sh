#!/bin/sh
# Makes every Secret that the manifests name from the values in .env; run it again after a change. Values stay out of Git.
set -eu
cd "$(dirname "$0")/../.."
. ./.env

for name in POSTGRES_PASSWORD N8N_DB_PASSWORD N8N_ENCRYPTION_KEY ASSISTANT_DB_PASSWORD REDIS_PASSWORD \
	GRAFANA_ADMIN_PASSWORD RESTIC_PASSWORD TLS_CERT_FILE TLS_KEY_FILE; do
	eval "value=\${$name:-}"
	[ -n "$value" ] || { echo "make-secrets.sh: .env does not set $name" >&2; exit 1; }
done

put() {
	kubectl apply -f -
}

kubectl apply -f infrastructure/namespaces.yaml
kubectl create secret tls homelab-tls -n ingress --cert="$TLS_CERT_FILE" --key="$TLS_KEY_FILE" --dry-run=client -o yaml | put
kubectl create secret generic postgres -n core --from-literal=password="$POSTGRES_PASSWORD" \
	--from-literal=n8n-password="$N8N_DB_PASSWORD" --from-literal=assistant-password="$ASSISTANT_DB_PASSWORD" \
	--dry-run=client -o yaml | put
kubectl create secret generic n8n -n core --from-literal=encryption-key="$N8N_ENCRYPTION_KEY" --dry-run=client -o yaml | put
kubectl create secret generic redis -n core --from-literal=password="$REDIS_PASSWORD" --dry-run=client -o yaml | put
kubectl create secret generic restic -n core --from-literal=password="$RESTIC_PASSWORD" --dry-run=client -o yaml | put
kubectl create secret generic restic -n ai-stack --from-literal=password="$RESTIC_PASSWORD" --dry-run=client -o yaml | put
kubectl create secret generic grafana -n monitoring --from-literal=admin-password="$GRAFANA_ADMIN_PASSWORD" \
	--dry-run=client -o yaml | put
kubectl create secret generic family-assistant -n family-assistant \
	--from-literal=database-password="$ASSISTANT_DB_PASSWORD" --from-literal=redis-password="$REDIS_PASSWORD" \
	--dry-run=client -o yaml | put
