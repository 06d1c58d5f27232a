#!/bin/sh
export FROM_SCRIPT=$(id -u)
docker compose up -d
