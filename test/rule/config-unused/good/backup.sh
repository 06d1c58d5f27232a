#!/bin/sh
kubectl -n site get configmap web-backup -o jsonpath='{.data.KEEP}'
