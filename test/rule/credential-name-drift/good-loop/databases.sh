#!/bin/sh
for name in $DATABASES; do
	psql -c "CREATE DATABASE \"$name\""
done
