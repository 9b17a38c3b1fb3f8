"""The log's three tables as Postgres' catalogue describes them: what reading them rests on.

Their owner can make functions that are nearer than Postgres' own, or put something else in a
table's place that shows what was there before. So whoever reads to prove something fixes where
names are looked up, and looks first whether the tables are tables.
"""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

TABLES = ("events", "seals", "seal_leaves")

TRUSTED_PATH = (
    "SELECT pg_catalog.set_config('search_path', pg_catalog.concat('pg_catalog, ',"
    " relnamespace::pg_catalog.regnamespace, ', pg_temp'), true) FROM pg_catalog.pg_class"
    " WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('events')::pg_catalog.oid"
)
"""Looks names up in Postgres' own catalogue first, until the transaction ends."""

_IN_THE_LOG = ", ".join(f"pg_catalog.to_regclass('{name}')::pg_catalog.oid" for name in TABLES)
SHAPES = f"""
SELECT c.relname::pg_catalog.text, c.relkind::pg_catalog.text, c.relpersistence::pg_catalog.text,
  EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid),
  c.relrowsecurity OR c.relforcerowsecurity,
  EXISTS (SELECT FROM pg_catalog.pg_inherits i
          WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid
             OR i.inhrelid OPERATOR(pg_catalog.=) c.oid),
  (SELECT pg_catalog.array_agg(pg_catalog.concat(a.attname, ' ', a.attgenerated, CASE
     WHEN t.typnamespace OPERATOR(pg_catalog.=)
       'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid
     THEN pg_catalog.format_type(t.oid, NULL) ELSE 'of another schema' END))
   FROM pg_catalog.pg_attribute a
   JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
   WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped
     AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2)
FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[{_IN_THE_LOG}])
"""
"""One row for each table; `odd_shape` reads it."""


def odd_shape(row: Any, table: Table) -> str | None:  # a row of `SHAPES`
    """Say why a table is not the plain one that it should be; None when it is."""
    name, kind, persistence, ruled, secured, inherits, columns = row
    if kind != "r":
        return f"{name} is no table"
    if persistence != "p":
        return f"{name} is not kept over a crash"
    if ruled:
        return f"{name} has rules"
    if secured:
        return f"{name} has row security"
    if inherits:
        return f"{name} inherits, or is inherited from"
    if set(columns) != _columns(table):
        odd = sorted({each.split()[0] for each in set(columns) ^ _columns(table)})
        return f"{name} has other columns than it was made with ({', '.join(odd)})"
    return None


def _columns(table: Table) -> set[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return {
        f"{column.name} {column.type.compile(dialect=dialect).lower()}" for column in table.columns
    }
