#!/bin/sh
docker exec database pg_dump -U postgres app > /srv/dumps/app.sql
