#!/bin/sh
# Run once by the image, when the data folder is empty: a database and an owner for each client.
set -eu

make() {
	psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v owner="$1" -v database="$2" -v password="$3" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"owner";
SQL
}

make n8n n8n "$N8N_PASSWORD"
make assistant family_assistant "$ASSISTANT_PASSWORD"
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d family_assistant <<'SQL'
SET ROLE assistant;
CREATE TABLE messages (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), who text NOT NULL, what text NOT NULL);
SQL
