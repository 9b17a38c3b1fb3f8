#!/bin/sh
# Creates Temporal's two databases and brings them to the schema of this version of its tools.
# Where to find Postgres comes from SQL_… variables. Safe to repeat.
set -eu

for name in temporal temporal_visibility; do
  case $name in
    temporal) schema=postgresql/v12/temporal ;;
    temporal_visibility) schema=postgresql/v12/visibility ;;
  esac
  temporal-sql-tool --database "$name" create-database
  temporal-sql-tool --database "$name" setup-schema --version 0.0
  temporal-sql-tool --database "$name" update-schema --schema-name "$schema"
done
