#!/bin/sh
# Makes the Postgres user that API and worker are, with its password of now. Safe to repeat.
# It owns nothing: `tessera server migrate` grants it what it needs. Where to find Postgres, and who
# does this, comes from PG… variables, which psql reads itself.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$APP_USER" --set password="$APP_PASSWORD" <<'SQL'
SELECT format('CREATE ROLE %I', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
SQL
