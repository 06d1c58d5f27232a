#!/bin/sh
# Run from the folder that the checkout, lamps, lies in.
kubectl apply -f ./lamps/setup/dns/zone.yaml
