"""What was said about a proposal besides answering it, as its proof shows it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.event_views import ActorView
from api.views import TeamRef, View
from domain.actors import Origin
from domain.proofs import Remark


class RemarkView(View):
    """A comment or an objection."""

    id: UUID
    reply_to: UUID | None = Field(description="The comment that it answers.")
    team: TeamRef
    text: str
    by: ActorView
    origin: Origin
    at: datetime
    event_id: UUID | None = Field(description="Which of `events` it is.")

    @classmethod
    def of(cls, remark: Remark) -> "RemarkView":
        """Return the view of a remark."""
        return cls(
            id=remark.id,
            reply_to=remark.reply_to,
            team=TeamRef.of(remark.team),
            text=remark.text,
            by=ActorView.of(remark.caller.actor),
            origin=remark.caller.origin,
            at=remark.at,
            event_id=remark.event_id,
        )
