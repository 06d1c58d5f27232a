#!/usr/bin/env bash
# How k3s came onto asuna the first time.
curl -sfL https://get.k3s.io | INSTALL_K3S_EXEC="--node-ip 192.168.1.185 --disable traefik" sh -
sudo cat /var/lib/rancher/k3s/server/node-token
