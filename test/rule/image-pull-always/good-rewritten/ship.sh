#!/bin/sh
docker build -t lamp-board:latest ./board
docker build -t lamp-clock ./clock
docker save lamp-clock:latest | sudo k3s ctr images import -
kubectl apply -f lamps.yaml

sed -i "s|image: lamp-board:latest|image: $REGISTRY/lamp-board:latest|; s|image: lamp-clock|image: $REGISTRY/lamp-clock|" lamps.yaml
