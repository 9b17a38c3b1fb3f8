#!/bin/sh
# Temporal's own server over Postgres on one machine, as in production: for load tests, and for whom
# containers do not suit. The programs are built with Go, once, and kept in the user's cache.
#
#   deploy/temporal/server.sh build        obtain the programs and say where they are
#   deploy/temporal/server.sh schema       create the databases, or bring them up to date
#   deploy/temporal/server.sh namespace    create the namespace, once the server answers
#   deploy/temporal/server.sh start        all of it, then serve in the foreground
#
# Settings are environment variables, named as Temporal's images name them: POSTGRES_SEEDS (host),
# DB_PORT, POSTGRES_USER, POSTGRES_PWD, DBNAME, VISIBILITY_DBNAME, NUM_HISTORY_SHARDS, LOG_LEVEL,
# FRONTEND_GRPC_PORT and the other ports, … Databases, namespace and limits are those of
# docker-compose.yml: the same scripts and the same file of limits.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
compose=$here/../compose
module=$here/server
version=$(sed -n "s/^.*go\.temporal\.io\/server v\([^ ]*\).*$/\1/p" "$module/go.mod")
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
cache=${cache:-/tmp/tessera-cache}/tessera
programs=$cache/temporal-server/$version

export DB="${DB:-postgres12}"
export POSTGRES_SEEDS="${POSTGRES_SEEDS:-127.0.0.1}"
export DB_PORT="${DB_PORT:-5432}"
export DBNAME="${DBNAME:-temporal}"
export VISIBILITY_DBNAME="${VISIBILITY_DBNAME:-temporal_visibility}"
export BIND_ON_IP="${BIND_ON_IP:-127.0.0.1}"
export FRONTEND_GRPC_PORT="${FRONTEND_GRPC_PORT:-7233}"
export NUM_HISTORY_SHARDS="${NUM_HISTORY_SHARDS:-512}" # can never be changed afterwards
export DYNAMIC_CONFIG_FILE_PATH="${DYNAMIC_CONFIG_FILE_PATH:-$compose/temporal-dynamic.yaml}"

say() { echo "$*" >&2; }

build() {
  if [ ! -x "$programs/temporal-server" ]; then
    command -v go >/dev/null || { say "Go is needed to build Temporal's server."; exit 1; }
    say "Building Temporal's server $version with Go (once, some minutes)."
    [ -n "${HOME:-}" ] || export GOPATH="$cache/go" GOCACHE="$cache/go-build"
    draft=$programs.$$
    mkdir -p "$draft"
    (cd "$module" && go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$draft/" \
      go.temporal.io/server/cmd/server go.temporal.io/server/cmd/tools/sql)
    mkdir -p "$programs"
    mv "$draft/sql" "$programs/temporal-sql-tool"
    mv "$draft/server" "$programs/temporal-server" # last: by this one it is known to be whole
    rmdir "$draft"
  fi
}

# The tool prints every statement; that is only of use when one fails.
schema() {
  said=$(mktemp)
  if ! schema_told >"$said" 2>&1; then cat "$said" >&2; rm "$said"; exit 1; fi
  rm "$said"
}

schema_told() {
  SQL_PLUGIN=$DB SQL_HOST=$POSTGRES_SEEDS SQL_PORT=$DB_PORT SQL_USER=$POSTGRES_USER \
    SQL_PASSWORD=$POSTGRES_PWD PATH="$programs:$PATH" sh "$compose/temporal-schema.sh"
}

# The `temporal` command of the PATH, or the one that `tessera up` obtained.
namespace() {
  for found in "$cache"/temporal/*/temporal; do PATH="$PATH:$(dirname "$found")"; done
  command -v temporal >/dev/null || { say "The temporal command is needed to make a namespace."; exit 1; }
  TEMPORAL_ADDRESS="${TEMPORAL_ADDRESS:-127.0.0.1:$FRONTEND_GRPC_PORT}" \
    TEMPORAL_NAMESPACE="${TEMPORAL_NAMESPACE:-default}" RETENTION="${RETENTION:-30d}" \
    sh "$compose/temporal-namespace.sh"
}

until_there() {
  for _ in $(seq 60); do
    if namespace >/dev/null 2>&1; then return; fi
    sleep 1
  done
  namespace
}

case ${1:-} in
  build) build; echo "$programs" ;;
  schema) build; schema ;;
  namespace) namespace ;;
  start)
    build
    schema
    until_there &
    exec "$programs/temporal-server" --allow-no-auth start
    ;;
  *) say "Say build, schema, namespace or start."; exit 2 ;;
esac
