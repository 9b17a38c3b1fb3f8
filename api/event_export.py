"""The log as a file: NDJSON for programs, CSV for people, in the order of the feed.

It is read page by page, each in a transaction of its own, so an export takes no more memory than a
page and holds nothing open; it ends where the log was settled when it began.
"""

import csv
import io
import json
from collections.abc import AsyncGenerator, Callable, Iterable
from enum import StrEnum

from starlette.responses import StreamingResponse

from api.event_views import EventView
from domain.events import Cursor, Event, EventFilter
from store.database import Database
from store.transaction import Transaction

PAGE = 500


class ExportFormat(StrEnum):
    """How the log is written."""

    JSON = "json"
    """A page of it, the newest first."""
    NDJSON = "ndjson"
    CSV = "csv"


MEDIA_TYPES = {ExportFormat.NDJSON: "application/x-ndjson", ExportFormat.CSV: "text/csv"}
COLUMNS = (
    *("cursor", "id", "at", "type", "actor_kind", "actor", "actor_id", "acting_for", "origin"),
    *("request_id", "summary", "asset_id", "proposal_id", "team_id", "payload"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula at a cell's beginning, OWASP "CSV Injection"."""


def format_asked(said: ExportFormat | None, accept: str | None) -> ExportFormat:
    """Return the format: what is said, else the first one of `Accept` that is an export."""
    if said is not None:
        return said
    for part in (accept or "").lower().split(","):
        media_type = part.split(";")[0].strip()
        for known, name in MEDIA_TYPES.items():
            if media_type == name:
                return known
        if media_type in ("application/json", "*/*"):
            break
    return ExportFormat.JSON


class EventExport(StreamingResponse):
    """Sends what is wanted of the log, after a place in it."""

    def __init__(
        self, database: Database, form: ExportFormat, wanted: EventFilter, after: Cursor | None
    ) -> None:
        super().__init__(
            _written(database, form, wanted, after),
            media_type=MEDIA_TYPES[form],
            headers={
                "Content-Disposition": f'attachment; filename="tessera-events.{form.value}"',
                "X-Accel-Buffering": "no",
            },
        )


async def _written(
    database: Database, form: ExportFormat, wanted: EventFilter, after: Cursor | None
) -> AsyncGenerator[str, None]:
    write = _WRITERS[form]
    if form is ExportFormat.CSV:
        yield _csv([COLUMNS])

    async def settled(tx: Transaction) -> Cursor:
        return await tx.events.latest()

    end = await database.read(settled)
    more = True
    while more:
        cursor = after

        async def work(tx: Transaction, cursor: Cursor | None = cursor) -> tuple[Event, ...]:
            return await tx.events.after(cursor, PAGE, wanted)

        found = await database.read(work)
        page = [event for event in found if event.cursor < end]
        more = len(page) == PAGE
        if page:
            after = page[-1].cursor
            yield write([EventView.of(event) for event in page])


def _ndjson(views: Iterable[EventView]) -> str:
    return "".join(f"{view.model_dump_json()}\n" for view in views)


def _rows(views: Iterable[EventView]) -> str:
    return _csv(_cells(view) for view in views)


def _cells(view: EventView) -> list[str]:
    actor = view.actor
    values = (
        *(view.cursor, view.id, view.at.isoformat(), view.type, actor.kind, actor.name, actor.id),
        *(actor.acting_for, view.origin, view.request_id, view.summary, view.asset_id),
        *(view.proposal_id, view.team_id, json.dumps(view.payload, ensure_ascii=False)),
    )
    return ["" if value is None else harmless(str(value)) for value in values]


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


_WRITERS: dict[ExportFormat, Callable[[Iterable[EventView]], str]] = {
    ExportFormat.NDJSON: _ndjson,
    ExportFormat.CSV: _rows,
}
