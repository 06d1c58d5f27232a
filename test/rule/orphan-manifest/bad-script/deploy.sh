kubectl apply -f apps/
