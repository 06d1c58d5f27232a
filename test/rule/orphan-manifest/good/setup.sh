kubectl apply -f apps/web/by-hand.yaml
kubectl apply -k apps/once/
