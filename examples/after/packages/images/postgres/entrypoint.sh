#!/bin/sh
# Makes the database where its folder is empty, runs the scripts of /docker-entrypoint-initdb.d once, and then serves.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	mkdir -p "$PGDATA"
	password=$(mktemp)
	printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
	initdb -D "$PGDATA" -U "${POSTGRES_USER:-postgres}" --pwfile="$password" --auth-host=scram-sha-256 --auth-local=trust
	rm -f "$password"
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	# Only by its socket, so that nobody takes it for ready.
	pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
	for script in /docker-entrypoint-initdb.d/*.sh; do
		[ -x "$script" ] && "$script"
	done
	pg_ctl -D "$PGDATA" -w -m fast stop
fi
exec "$@" -c listen_addresses='*'
