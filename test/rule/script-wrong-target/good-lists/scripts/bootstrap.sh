#!/usr/bin/env bash
SCRIPT_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT_DIR="$(dirname "$SCRIPT_DIR")"
secrets=(
    "${ROOT_DIR}/bootstrap/deploy-key.sops.yaml"
    "${ROOT_DIR}/bootstrap/cluster.sops.yaml"
)
for secret in "${secrets[@]}"; do
    if [ ! -f "${secret}" ]; then
        continue
    fi
    kubectl apply -f "${secret}"
done
