#!/bin/sh
export CAKE_A=$(cat /etc/a)
docker compose up -d
