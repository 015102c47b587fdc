#!/bin/sh
# Runs once, when the database is created. Creates the role of the service, which owns nothing. Its privileges are granted
# by the service's own migrations; on the audit tables they are INSERT and SELECT.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$SERVICE_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE portcullis LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portcullis;
SQL
