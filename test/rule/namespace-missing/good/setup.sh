kubectl create namespace by-script
helm upgrade --install x repo/x --namespace by-helm --create-namespace
kubectl apply -f https://example.org/metallb/v1/metallb-native.yaml
