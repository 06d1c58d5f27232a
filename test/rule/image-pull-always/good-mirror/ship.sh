#!/bin/sh
docker build -t lamp-board:latest ./board
docker build -t lamp-clock ./clock
docker save lamp-clock:latest | sudo k3s ctr images import -
kubectl apply -f lamps.yaml
