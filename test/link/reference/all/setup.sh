kubectl -n site create secret generic by-script \
  --from-literal=a=b
helm upgrade --install grafana grafana/grafana \
  --namespace monitoring --create-namespace
