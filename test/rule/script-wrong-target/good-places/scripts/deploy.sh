#!/usr/bin/env bash
DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$DIR/../apps"
kubectl apply -f web/web.yaml
if [ -f web/extra.yaml ]; then
	kubectl apply -f web/extra.yaml
fi
curl -sO https://example.lan/tool.sh
bash tool.sh
cp web/web.yaml web/copy.yaml && kubectl apply -f web/copy.yaml
sed 's/a/b/' web/web.yaml >web/next.yaml
kubectl apply -f web/next.yaml
kubectl apply -f web/none.yaml \
	|| true
kubectl logs -f web/pod
docker compose up -d -f
echo "it's" done; kubectl apply -f "$DIR"/../apps/web/web.yaml -f "$OTHER/x.yaml"
source .env
source ../.venv/bin/activate
cat <<-EOF >web/here.yaml
	kubectl apply -f web/inside.yaml
	EOF
kubectl apply -f web/here.yaml
ROOT="$(cd "$(dirname "$0")/.." && pwd)"
APPS=$ROOT/apps
[[ -d "$APPS/none" ]] || exit 1
kubectl apply -f "${APPS}/web/web.yaml" -f "$ROOT"/$1/x.yaml -f "$APPS/none/x.yaml"
echo x > "$APPS/web/made.yaml"; kubectl apply -f "$ROOT/apps/web/made.yaml"
TWICE=$ROOT/a
TWICE=$ROOT/b
kubectl apply -f "$TWICE/x.yaml"
