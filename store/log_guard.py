"""How the log is guarded and sealed, as whoever is connected sees it in Postgres' catalogue."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import text

from domain.health import LogSeen
from store.log_tables import SHAPES, TABLES, TRUSTED_PATH, odd_shape
from store.schema import METADATA
from store.sql import Sql

_REFUSE = "BEGIN RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP; END"
_BODIES: Mapping[str, str] = {
    "refuse_to_rewrite_the_log": _REFUSE,
    "refuse_to_delete_events": "BEGIN IF EXISTS ( SELECT FROM seals WHERE number ="
    " nullif(current_setting('tessera.prune_through', true), '')::bigint AND (OLD.transaction,"
    " OLD.sequence) < (end_transaction, end_sequence) ) THEN RETURN OLD; END IF;"
    + _REFUSE.removeprefix("BEGIN"),
    "refuse_to_delete_leaves": "BEGIN IF OLD.seal <="
    " nullif(current_setting('tessera.prune_through', true), '')::bigint THEN RETURN OLD; END IF;"
    + _REFUSE.removeprefix("BEGIN"),
}
"""What the migrations wrote into the triggers' functions, spaces apart."""
_BEFORE_EACH_ROW, _BEFORE_STATEMENT, _DELETE, _UPDATE, _TRUNCATE = 3, 2, 8, 16, 32


class _Trigger(NamedTuple):
    """A trigger as `pg_trigger` has it."""

    table: str
    kind: int
    function: str


_ROWS, _WHOLE = "refuse_to_rewrite_the_log", _BEFORE_STATEMENT | _TRUNCATE
LOG_TRIGGERS: Mapping[str, _Trigger] = {
    "events_are_append_only": _Trigger("events", _BEFORE_EACH_ROW | _UPDATE, _ROWS),
    "events_are_pruned_in_seals": _Trigger(
        "events", _BEFORE_EACH_ROW | _DELETE, "refuse_to_delete_events"
    ),
    "events_are_not_truncated": _Trigger("events", _WHOLE, _ROWS),
    "seals_are_append_only": _Trigger("seals", _BEFORE_EACH_ROW | _UPDATE | _DELETE, _ROWS),
    "seals_are_not_truncated": _Trigger("seals", _WHOLE, _ROWS),
    "seal_leaves_are_append_only": _Trigger("seal_leaves", _BEFORE_EACH_ROW | _UPDATE, _ROWS),
    "seal_leaves_are_pruned_in_seals": _Trigger(
        "seal_leaves", _BEFORE_EACH_ROW | _DELETE, "refuse_to_delete_leaves"
    ),
    "seal_leaves_are_not_truncated": _Trigger("seal_leaves", _WHOLE, _ROWS),
}
"""What the migrations put on the log's tables."""
_TRIGGERS = text(
    """
    SELECT t.tgname, c.relname, t.tgtype, p.proname, p.prosrc,
      t.tgqual IS NULL AND t.tgattr = '' AND NOT t.tgdeferrable
        AND p.pronamespace = c.relnamespace AND p.proconfig IS NULL
        AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
        AND (t.tgenabled = 'A' OR t.tgenabled = 'O'
             AND current_setting('session_replication_role') <> 'replica')
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid IN ('events'::regclass, 'seals'::regclass, 'seal_leaves'::regclass)
    """
)
_LOG = text(
    """
    WITH roles AS (SELECT oid FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')),
      head AS (SELECT end_transaction, end_sequence FROM seals ORDER BY number DESC LIMIT 1)
    SELECT current_user,
      EXISTS (SELECT FROM roles, unnest(ARRAY['events', 'seals', 'seal_leaves']) name
              WHERE has_table_privilege(roles.oid, name, 'UPDATE, DELETE, TRUNCATE')
                 OR has_any_column_privilege(roles.oid, name, 'UPDATE'))
        OR EXISTS (SELECT FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER')
                   AND oid IN ('events'::regclass, 'seals'::regclass, 'seal_leaves'::regclass)),
      EXISTS (SELECT FROM roles, unnest(ARRAY['transaction', 'sequence', 'at']) name
              WHERE has_column_privilege(roles.oid, 'events', name, 'INSERT')),
      EXISTS (SELECT FROM roles JOIN pg_class ON pg_class.oid = 'events'::regclass
              WHERE has_schema_privilege(roles.oid, relnamespace, 'CREATE')),
      (SELECT count(*) FROM seals),
      (SELECT clock_timestamp() - at FROM events
       WHERE transaction < pg_snapshot_xmin(pg_current_snapshot())
         AND (transaction, sequence) >= (coalesce((SELECT end_transaction FROM head), '0'),
                                         coalesce((SELECT end_sequence FROM head), 0))
       ORDER BY transaction, sequence LIMIT 1),
      coalesce((SELECT transaction >= pg_snapshot_xmax(pg_current_snapshot()) FROM events
                ORDER BY transaction DESC, sequence DESC LIMIT 1), false)
        OR coalesce((SELECT end_transaction > pg_snapshot_xmax(pg_current_snapshot())
                     FROM head), false)
    """
)


class LogGuard:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def seen(self) -> LogSeen:
        """Return how the log is guarded and sealed; names stay looked up in the catalogue first."""
        await self._sql.execute(text(TRUSTED_PATH))
        there = {row[0] for row in await self._sql.execute(_TRIGGERS) if _guards(row)}
        shapes = [row for row in await self._sql.execute(text(SHAPES)) if row[0] in TABLES]
        odd = [odd_shape(row, METADATA.tables[row[0]]) for row in shapes]
        user, rewrites, forges, creates, seals, oldest, elsewhere = (
            await self._sql.execute(_LOG)
        ).one()
        return LogSeen(
            user=user,
            may_rewrite=rewrites,
            may_say_where=forges,
            may_create=creates,
            missing_triggers=tuple(sorted(LOG_TRIGGERS.keys() - there)),
            odd_tables=tuple(sorted(each for each in odd if each)),
            seals=seals,
            oldest_unsealed=oldest,
            from_elsewhere=elsewhere,
        )


def _guards(row: Any) -> bool:  # a row of `_TRIGGERS`
    """Whether a trigger is the one that the migrations made, and fires."""
    name, table, kind, function, body, fires = row
    expected = LOG_TRIGGERS.get(name)
    written = " ".join(body.split())
    return bool(fires and expected == (table, kind, function) and written == _BODIES.get(function))
