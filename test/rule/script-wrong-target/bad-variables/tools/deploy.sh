#!/usr/bin/env bash
SCRIPT_DIR="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" &>/dev/null && pwd -P)"
ROOT="$(dirname "$SCRIPT_DIR")"
readonly TOP=$(git rev-parse --show-toplevel)
source "$SCRIPT_DIR/lib/log.sh"
source "${SCRIPT_DIR}/lib/gone.sh"
kubectl apply -k "$ROOT/apps/none"
kubectl apply -f "$TOP/apps/web/gone.yaml"
