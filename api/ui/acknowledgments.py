"""One of the three answers, as a form gives it: on a proposal's page and in the inbox."""

from datetime import datetime
from uuid import UUID

from api.call import Call
from api.ui.entered import Entered, wrong
from api.ui.steps import Refused, take_about
from domain.acknowledgments import Response as Given
from record import acknowledgments, rounds
from record.acknowledgments import NewAnswer
from store.database import Runner


async def acknowledge(call: Call, proposal_id: UUID, entered: Entered) -> Refused | None:
    """Record one team's answer."""

    async def effect(runner: Runner) -> object:
        given = await _answer_of(call, proposal_id, entered)
        return await acknowledgments.acknowledge(runner, call.caller, proposal_id, given)

    return await take_about(call, proposal_id, entered, effect)


async def _answer_of(call: Call, proposal_id: UUID, entered: Entered) -> NewAnswer:
    try:
        response = Given(entered.values.get("response", ""))
    except ValueError:
        raise wrong("response", "Answer ready, needs time or blocked.") from None
    note = entered.text("note")
    if response is Given.BLOCKED and note is None:
        raise wrong("note", "Say why you block: the producer needs to know what to change.")
    team_id = entered.team_id()
    until = None
    if response is Given.MIGRATING:
        until = await _until(call, proposal_id, team_id, entered.end_of_day("until"))
    return NewAnswer(
        team_id=team_id,
        response=response,
        note=note,
        until=until,
        changes_hash=entered.text(f"asked-{team_id}"),
    )


async def _until(call: Call, proposal_id: UUID, team_id: UUID, day: datetime) -> datetime:
    """Return the end of the day, or of the party's time if that ends on the same day."""
    detail = await rounds.detail(call.resources.database, proposal_id)
    for each in detail.parties:
        latest = detail.round.latest_until(each.party)
        if each.team.id == team_id and latest is not None and latest.date() == day.date():
            return min(day, latest)
    return day
