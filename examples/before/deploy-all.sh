#!/usr/bin/env bash
# Puts everything into the cluster, in the order that works on an empty one.
set -u
cd "$(dirname "$0")"

export KUBECONFIG=${KUBECONFIG:-$HOME/.kube/asuna.yaml}
SERVER=192.168.1.185

echo "== cluster at $SERVER"
kubectl --server "https://$SERVER:6443" get nodes || exit 1

echo "== core"
kubectl apply -k kubernetes/core
kubectl apply -f kubernetes/dns/coredns-custom.yaml
kubectl apply -f kubernetes/ingress/

echo "== monitoring"
kubectl apply -k kubernetes/monitoring
kubectl apply -f kubernetes/monitoring/loki.yaml

echo "== services"
kubectl apply -f services/redis/redis.yaml
kubectl apply -f services/ollama/ollama.yaml
kubectl apply -f services/qdrant/
kubectl apply -f services/mem0/mem0.yaml
kubectl apply -f services/open-webui/open-webui.yaml
kubectl apply -k services/dashboard
kubectl apply -f services/mcp-tools/mcp-tools.yaml
kubectl apply -f services/whisper/whisper.yaml
kubectl apply -f services/minio/minio.yaml

echo "== family assistant"
kubectl apply -k services/family-assistant/k8s

kubectl -n homelab rollout status deployment/n8n --timeout=180s
kubectl -n homelab rollout status deployment/family-assistant --timeout=180s
curl -fsS "http://$SERVER:8001/health" && echo " family-assistant answers"
