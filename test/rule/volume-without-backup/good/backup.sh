#!/bin/sh
pg_dump site | gzip > /backup/site.gz
