#!/bin/sh
# Runs once, when the database is created: the role that the service works as. It owns nothing; what it may do is granted
# by the service's own migrations, and on the audit tables that is to add and to read.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SERVICE_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE portcullis LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portcullis;
SQL
