#!/bin/sh
rsync -a /var/lib/rancher/k3s/storage/ nas:/volumes/
