"""Deciding once more what the log says was decided: the same facts, today's rules."""

from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from domain.decisions import DECIDED, MEMBER, Decision, Differing, Recomputation
from domain.events import Event, EventFilter
from domain.json_types import JsonObject
from domain.pages import LARGEST_LIMIT, Page, PageRequest
from store.database import Database
from store.transaction import Transaction

SHOWN = 100
_DECISION = TypeAdapter(Decision)


def to_wire(decision: Decision) -> JsonObject:
    """Write a decision as the log keeps it; what is not said is left out.

    Defaults are written all the same: they may be others one day.
    """
    written: JsonObject = _DECISION.dump_python(decision, mode="json", exclude_none=True)
    return written


def from_wire(written: object) -> Decision:
    """Read a decision as some release wrote it; raises pydantic's `ValidationError`."""
    return _DECISION.validate_python(written)


async def recompute(database: Database) -> Recomputation:
    """Take every decision of the log again, newest first; writes nothing."""
    same = without = different = 0
    differing: list[Differing] = []
    cursor: str | None = None
    while True:
        page = await _page(database, cursor)
        without += sum(MEMBER not in event.payload for event in page.items)
        judged = [each for each in page.items if MEMBER in each.payload]
        found = [*_differing(judged)]
        same, different = same + len(judged) - len(found), different + len(found)
        differing += found[: SHOWN - len(differing)]
        cursor = page.next
        if cursor is None:
            return Recomputation(
                same=same,
                differing=tuple(differing),
                different=different,
                without_facts=without,
            )


async def _page(database: Database, cursor: str | None) -> Page[Event]:
    wanted = EventFilter(types=frozenset(DECIDED))

    async def work(tx: Transaction) -> Page[Event]:
        return await tx.events.page(PageRequest(cursor=cursor, limit=LARGEST_LIMIT), wanted)

    return await database.read(work)


def _differing(events: Iterable[Event]) -> Iterable[Differing]:
    for event in events:
        difference = _difference(event)
        if difference is not None:
            yield Differing(
                event_id=event.id,
                proposal_id=event.proposal_id,
                at=event.at,
                difference=difference,
            )


def _difference(event: Event) -> str | None:
    try:
        decision = from_wire(event.payload[MEMBER])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        return f"what was known cannot be read: {place}: {first['msg']}"
    return decision.difference(DECIDED[event.type])
