#!/bin/sh
docker compose exec store pg_dumpall
