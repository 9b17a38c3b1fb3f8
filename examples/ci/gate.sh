#!/bin/sh
# A gate for a pull request: passes when the contract in this checkout may be merged.
#
#   TESSERA_URL=… TESSERA_API_KEY=… ./gate.sh orders.customers contracts/customers.json
#
# Writes nothing on the server. Exit codes: 0 compatible, or published already; 4 consumers have to
# agree first; anything else: the question could not be answered, which also fails the check.
set -eu

asset=$1
shift

if tessera contract publish "$asset" "$@" --dry-run --gate; then
  exit 0
else
  code=$?
fi

if [ "$code" -eq 4 ]; then
  echo "This change breaks consumers of $asset. Ask them: tessera contract publish $asset $*" >&2
  echo "Run this check again once the proposal is published." >&2
fi
exit "$code"
