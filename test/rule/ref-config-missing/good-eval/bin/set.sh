#!/bin/sh
cmd_create="kubectl -n gate create"
eval "${cmd_create}" configmap tunnel-conf --from-file=conf/
