#!/bin/bash
cd apps
kubectl apply -f apps/web/web.yaml
[ -f maybe.yaml ] && kubectl apply -f maybe.yaml
kubectl apply -f made.yaml || true
kubectl create deployment x --image=y -o yaml > generated.yaml
kubectl apply -f generated.yaml
kubectl apply -f "$DIR/web.yaml" -f https://example.lan/x.yaml -f -
kubectl apply -f - <<EOF
kubectl apply -f heredoc.yaml
EOF
# kubectl apply -f comment.yaml
echo "kubectl apply -f quoted.yaml"
sudo bash -c 'x'
docker run -f
