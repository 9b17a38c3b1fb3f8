#!/bin/sh
# A gate without a server: passes when a schema file breaks nobody who has it from another revision.
#
#   ./diff.sh origin/main contracts/customers.json [options of `tessera diff`]
#
# Compares the file with what it was where this branch left that revision. A file that is new breaks
# nobody. Exit codes are those of `tessera diff`: 4 it breaks, 5 it could not be decided.
set -eu

revision=$1
file=$2
shift 2

base=$(git merge-base "$revision" HEAD)
if ! git cat-file -e "$base:./$file" 2>/dev/null; then
  echo "$file is new since $base." >&2
  exit 0
fi
git show "$base:./$file" | tessera diff - "$file" "$@"
