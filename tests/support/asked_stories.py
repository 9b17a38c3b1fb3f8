"""Two teams that are asked, and everything that moves the time until which they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from domain.acknowledgments import Response
from record import operators
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts


@dataclass(frozen=True, slots=True)
class Story:
    """Two teams are asked so long ago; each hears of it after so long, or never."""

    ago: timedelta
    heard: tuple[timedelta | None, timedelta | None]
    timeline: Mapping[str, object] = field(default_factory=dict)
    says: Response | None = None
    """What the first of them says."""
    more_time: timedelta | None = None

    async def told(self, facts: Facts) -> Conductor:
        conductor = await breaking(facts, "one", "two", **self.timeline)
        conductor.now -= self.ago
        await conductor.carry_on()
        parties = (await facts.detail(conductor.proposal.id)).parties
        for party, heard in zip(parties, self.heard, strict=True):
            if heard is not None:
                await _hear(facts, conductor.proposal.id, party.team.id, conductor.now + heard)
        if self.says is not None:
            until = conductor.now + 10 * DAY if self.says is Response.MIGRATING else None
            await facts.answer(conductor.proposal, parties[0].team, self.says, until=until)
        if self.more_time is not None:
            await operators.extend(
                facts.database, CALLER, conductor.proposal.id, self.more_time, None
            )
        return conductor


HOUR = timedelta(hours=1)
SHORT = {"deadline": "3d", "minimum_notice": "1d"}
STORIES = {
    "both in time": Story(DAY, (HOUR, 2 * HOUR)),
    "both in time, and overdue": Story(20 * DAY, (HOUR, 2 * HOUR)),
    "one so late that there is a day left": Story(3 * DAY, (HOUR, 2 * DAY), SHORT),
    "one a little later than that": Story(3 * DAY, (HOUR, 2 * DAY + HOUR), SHORT),
    "one never": Story(DAY, (HOUR, None)),
    "one never, and the time is up": Story(20 * DAY, (HOUR, None)),
    "by working days": Story(6 * DAY, (HOUR, 4 * DAY), {"days": "working", **SHORT}),
    "without any notice": Story(4 * DAY, (DAY, 4 * DAY), {**SHORT, "minimum_notice": "0s"}),
    "with more notice than time": Story(DAY, (HOUR, HOUR), {**SHORT, "minimum_notice": "9d"}),
    "one needs time": Story(DAY, (HOUR, HOUR), says=Response.MIGRATING),
    "one needs time, silence consents": Story(
        DAY, (HOUR, HOUR), {"on_deadline": "approve"}, says=Response.MIGRATING
    ),
    "one is ready": Story(DAY, (HOUR, HOUR), says=Response.APPROVED),
    "with time that an operator gave": Story(15 * DAY, (HOUR, HOUR), more_time=5 * DAY),
}


async def _hear(facts: Facts, proposal_id: UUID, team_id: UUID, at: datetime) -> None:
    statement = text(
        "UPDATE notices SET delivered_at = :at"
        " WHERE kind = 'ask' AND proposal_id = :proposal AND team_id = :team"
    )
    given = {"at": at, "proposal": proposal_id, "team": team_id}

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(statement, given)

    await facts.database.run(work)
