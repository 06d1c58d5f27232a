#!/bin/sh
kubectl create secret generic restic --from-literal=password=$RESTIC_PASSWORD
