"""What a proposal's workflow does, without Temporal, at the moment that a test wants it."""

from uuid import UUID

from domain.json_types import JsonObject
from domain.parties import NoticeKind
from record import notices, rounds
from store.database import Database
from store.transaction import Transaction


async def tell(database: Database, proposal: JsonObject) -> None:
    """Ask, remind or escalate, whichever is next."""
    proposal_id = UUID(proposal["id"])
    now = await database.run(Transaction.now)
    detail = await rounds.detail(database, proposal_id)
    step = detail.round.next_step(now)
    revision, kind = detail.proposal.revision, NoticeKind(step.kind.value)
    told = await notices.note(database, proposal_id, revision, kind, step.notes, now)
    assert told == len(step.notes)
