"""The seals of the log. What is sealed lies below the snapshot's xmin, so no writer is held up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.events import Cursor, EventType
from domain.prunings import Mark
from domain.seals import BEGINNING, Leaves, LogLine, Seal
from store.log_tables import TRUSTED_PATH
from store.rows import Row, Xid8
from store.sql import Sql

SEALING_LOCK = 0x7E55E75
"""Key of the advisory lock: of two workers that would seal at once, one does."""

_XID8 = "CAST(CAST({} AS pg_catalog.text) AS pg_catalog.xid8)"
_KEY = "'{}\"{}\": ', {}"
_MAYBE = "coalesce(pg_catalog.to_json({})::pg_catalog.text, 'null')"
_WRITTEN = {
    "at": "pg_catalog.extract('epoch', at)",
    "id": "pg_catalog.to_json(id)",
    "type": "pg_catalog.to_json(type)",
    "caller": "caller",
    "payload": "payload",
    "summary": "pg_catalog.to_json(summary)",
    "team_id": _MAYBE.format("team_id"),
    "asset_id": _MAYBE.format("asset_id"),
    "sequence": "sequence",
    "proposal_id": _MAYBE.format("proposal_id"),
    "transaction": "pg_catalog.to_json(transaction::pg_catalog.text)",
}
CANONICAL = "pg_catalog.concat({}, '}}')".format(
    ", ".join(
        _KEY.format(", " if place else "{", name, written)
        for place, (name, written) in enumerate(_WRITTEN.items())
    )
)
"""An event's every column as one JSON text, written in one way only: as Postgres writes jsonb.

Keys by their length and then their bytes, numbers with every digit that was given, the time as
seconds since 1970 with six digits, whatever the session's time zone. Building a jsonb of it would
give the same text in twice the time. Functions and types are named with their schema: an owner
could make a nearer one of the same name, which writes what was there before.
"""
_NUMBER = "{}::pg_catalog.text"  # an xid8 may be larger than a bigint
SEAL_COLUMNS = ", ".join(
    (
        "number, form",
        _NUMBER.format("start_transaction"),
        "start_sequence",
        _NUMBER.format("end_transaction"),
        "end_sequence",
        "events, root, numbers_digest, previous",
        # Python knows no other years.
        "CASE WHEN at OPERATOR(pg_catalog.>=) '0001-01-02 00:00+00'::pg_catalog.timestamptz"
        " AND at OPERATOR(pg_catalog.<) '9999-12-30 00:00+00'::pg_catalog.timestamptz THEN at END",
        "hash",
    )
)
_FIELD = "pg_catalog.jsonb_extract_path_text(payload, '{}')"
MARKS = (
    "SELECT sequence, {} FROM events WHERE type OPERATOR(pg_catalog.=) '{}'::pg_catalog.text"
    " AND sequence IS NOT NULL ORDER BY transaction, sequence"
).format(
    ", ".join(map(_FIELD.format, ("from_seal", "through_seal", "events", "seal_hash"))),
    EventType.LOG_PRUNED.value,
)
"""Every event that says that the log was pruned; its rows are for `mark_of`."""
_HEAD = text(f"SELECT {SEAL_COLUMNS} FROM seals ORDER BY number DESC LIMIT 1")
_UNSEALED = text(
    f"SELECT {_NUMBER.format('transaction')}, sequence, {CANONICAL},"
    f" {_NUMBER.format('pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())')}"
    " FROM events e"
    f" WHERE ROW(transaction, sequence) OPERATOR(pg_catalog.>=) ROW({_XID8.format(':number')},"
    " CAST(:sequence AS pg_catalog.int8)) AND transaction OPERATOR(pg_catalog.<)"
    " pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())"
    " ORDER BY e.transaction, e.sequence LIMIT :most"  # bare names would be those of the texts
)
_COVERING = text(
    "SELECT place.transaction, place.sequence, seal.number, seal.hash"
    " FROM unnest(CAST(:transactions AS text[]), CAST(:sequences AS int8[]))"
    " AS place(transaction, sequence) CROSS JOIN LATERAL (SELECT number, hash FROM seals"
    " WHERE ROW(end_transaction, end_sequence)"
    " > ROW(CAST(place.transaction AS xid8), place.sequence)"
    " ORDER BY end_transaction, end_sequence LIMIT 1) AS seal"
)
_INSERT = text(
    "INSERT INTO seals (number, form, start_transaction, start_sequence, end_transaction,"
    " end_sequence, events, root, numbers_digest, previous, hash, at) VALUES (:number, :form,"
    f" {_XID8.format(':start_transaction')}, :start_sequence,"
    f" {_XID8.format(':end_transaction')}, :end_sequence, :events, :root,"
    " :numbers_digest, :previous, :hash, :at)"
)


class SealRow(Row):
    """One link of the chain; a trigger refuses to change or delete it."""

    __tablename__ = "seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    form: Mapped[int]
    start_transaction: Mapped[int] = mapped_column(Xid8)
    start_sequence: Mapped[int]
    end_transaction: Mapped[int] = mapped_column(Xid8)
    end_sequence: Mapped[int]
    events: Mapped[int]
    root: Mapped[bytes]
    numbers_digest: Mapped[bytes]
    previous: Mapped[bytes] = mapped_column(unique=True)
    """Unique, so that the chain cannot fork whoever writes it."""
    hash: Mapped[bytes]
    at: Mapped[datetime]


Index("ix_seals_end", SealRow.end_transaction, SealRow.end_sequence)


class SealLeavesRow(Row):
    """The hashes of a seal's events; deleted together with them."""

    __tablename__ = "seal_leaves"

    seal: Mapped[int] = mapped_column(
        ForeignKey("seals.number"), primary_key=True, autoincrement=False
    )
    sequences: Mapped[bytes]
    hashes: Mapped[bytes]


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What can be sealed next, and where it ends: everything before that is committed or gone."""

    lines: tuple[LogLine, ...]
    end: Cursor


class Seals:
    """Makes and reads seals."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def claim(self) -> bool:
        """Whether this transaction may seal; until its end nobody else may."""
        claimed: bool = await self._sql.one_value(
            select(func.pg_try_advisory_xact_lock(SEALING_LOCK))
        )
        if claimed:
            await self._sql.execute(text(TRUSTED_PATH))
        return claimed

    async def head(self) -> Seal | None:
        """Return the newest seal."""
        found = (await self._sql.execute(_HEAD)).one_or_none()
        return None if found is None else seal_of(found)

    async def unsealed(self, head: Seal | None, most: int) -> Unsealed:
        """Return the first events that no seal covers, at most so many, the oldest first."""
        start = BEGINNING if head is None else head.end
        place = {"number": str(start.transaction), "sequence": start.sequence, "most": most}
        rows = (await self._sql.execute(_UNSEALED, place)).all()
        lines = tuple(LogLine(int(row[0]), row[1], row[2]) for row in rows)
        if not lines:
            return Unsealed((), start)
        last = lines[-1].place
        full = len(lines) == most
        return Unsealed(
            lines,
            Cursor(last.transaction, last.sequence + 1) if full else Cursor(int(rows[0][3]), 0),
        )

    async def covering(self, places: Sequence[Cursor]) -> Mapping[Cursor, tuple[int, str]]:
        """Return the number and the hash of the seal that covers each of these places, if one does.

        Seals lie end to end, so it is the first one that ends behind the place.
        """
        asked = {
            "transactions": [str(place.transaction) for place in places],
            "sequences": [place.sequence for place in places],
        }
        rows = (await self._sql.execute(_COVERING, asked)).all()
        return {Cursor(int(row[0]), row[1]): (row[2], row[3].hex()) for row in rows}

    async def insert(self, seal: Seal, leaves: Leaves) -> None:
        """Add a seal to the chain."""
        row = {
            "number": seal.number,
            "form": seal.form,
            "start_transaction": str(seal.start.transaction),
            "start_sequence": seal.start.sequence,
            "end_transaction": str(seal.end.transaction),
            "end_sequence": seal.end.sequence,
            "events": seal.events,
            "root": seal.root,
            "numbers_digest": seal.numbers_digest,
            "previous": seal.previous,
            "hash": seal.hash,
            "at": seal.at,
        }
        await self._sql.execute(_INSERT, row)
        kept = {"seal": seal.number, "sequences": leaves.sequences, "hashes": leaves.hashes}
        await self._sql.insert(SealLeavesRow, [kept])


def seal_of(row: Any) -> Seal:  # the columns of `SEAL_COLUMNS`, in their order
    """Return a seal from its row, of which nothing is missing."""
    return Seal(
        number=row[0],
        form=row[1],
        start=Cursor(int(row[2]), row[3]),
        end=Cursor(int(row[4]), row[5]),
        events=row[6],
        root=row[7],
        numbers_digest=row[8],
        previous=row[9],
        at=row[10],
        hash=row[11],
    )


def mark_of(row: Any) -> Mark:  # a row of `MARKS`
    """Return what an event says of a pruning."""
    return Mark.read(row[0], row[1:4], row[4])
