"""What teams say of time, on real Postgres: frozen into proposals, and kept with each question."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from domain.bounds import Bounds, ServerPolicy
from domain.errors import Forbidden, InvalidPolicy, NotFound
from domain.events import EventType
from domain.members import TeamRole
from domain.proposals import Proposal
from domain.schemas import field_tree
from domain.team_policies import Fallback, WhoAnswers
from domain.teams import Team
from domain.timeline import Days, Timeline
from domain.working_days import WorkCalendar
from record import contracts, merging, registrations, team_policies
from record.drafts import Publication
from record.registrations import NewRegistration
from record.team_policies import ServerSays, TeamPolicyChange
from tests.record.test_audiences import person
from tests.record.test_permissions import member_of
from tests.support.conductor import DAY, Conductor
from tests.support.facts import CALLER, Facts, content, table

BERLIN = WorkCalendar(time_zone="Europe/Berlin", country="DE", subdivision="BE")


async def say(facts: Facts, team: Team, server: ServerSays | None = None, **what: object) -> None:
    change = TeamPolicyChange(named=frozenset(what), **what)  # type: ignore[arg-type]  # by test
    await team_policies.change(facts.database, CALLER, team.id, change, server or ServerSays())


async def proposed(
    facts: Facts, owner: Team, *readers: Team, server: ServerPolicy | None = None, **timeline: str
) -> Proposal:
    """Propose to drop what these teams read, with wishes of the proposal's own."""
    asset = await facts.asset(owner)
    await facts.publish(asset, table("id", "email"))
    for reader in readers:
        await facts.register(asset, reader, ["email"])
    made = content(table("id"))
    publication = Publication(
        asset_id=asset.id, content=made, fields=field_tree(made.schema), timeline=timeline
    )
    published = await contracts.publish(
        facts.database,
        facts.database,
        facts.comparer,
        CALLER,
        publication,
        Timeline(),
        server=server or ServerPolicy(),
    )
    assert published.proposal is not None
    return published.proposal


async def test_server_then_team_then_asset_then_proposal(facts: Facts) -> None:
    owner = await facts.team("owner")
    await say(facts, owner, timeline={"deadline": "20d", "remind_after": "1d"})
    before = await proposed(facts, owner)
    assert (before.policy.timeline.deadline, before.policy.timeline.remind_after) == (20 * DAY, DAY)
    assert (await proposed(facts, owner, deadline="25d")).policy.timeline.deadline == 25 * DAY
    with pytest.raises(InvalidPolicy, match="may only give more time"):
        await proposed(facts, owner, deadline="19d")
    await say(facts, owner, timeline={"deadline": "2d"})
    still = (await facts.detail(before.id)).proposal
    assert still.policy.timeline.deadline == 20 * DAY


async def test_the_bounds_hold_for_team_asset_and_proposal(facts: Facts) -> None:
    bounds = Bounds(least={"deadline": 3 * DAY}, most={"deadline": 30 * DAY})
    server = ServerSays(policy=ServerPolicy(bounds=bounds))
    owner = await facts.team("owner")
    with pytest.raises(InvalidPolicy, match="at least P3D"):
        await say(facts, owner, server, timeline={"deadline": "2d"})
    with pytest.raises(InvalidPolicy, match="at most P30D"):
        await proposed(facts, owner, server=server.policy, deadline="40d")
    await say(facts, owner, timeline={"deadline": "2d"})  # before there were bounds
    held = await proposed(facts, owner, server=server.policy)
    assert held.policy.timeline.deadline == 3 * DAY


async def test_a_question_keeps_the_calendar_of_when_it_was_put(facts: Facts) -> None:
    owner, reader, late = [await facts.team(name) for name in ("owner", "reader", "late")]
    await say(facts, reader, calendar=BERLIN)
    proposal = await proposed(facts, owner, reader, days="working")
    assert proposal.policy.timeline.days is Days.WORKING
    await say(facts, reader, calendar=WorkCalendar(time_zone="Asia/Tokyo"))
    await say(facts, late, calendar=WorkCalendar(time_zone="America/Lima"))
    new = NewRegistration(asset_id=proposal.asset_id, consumer_team_id=late.id, fields=("email",))
    await registrations.register(facts.database, CALLER, new)
    kept = {
        party.team.id: party.stored.calendar for party in (await facts.detail(proposal.id)).parties
    }
    frozen, newer = kept[reader.id], kept[late.id]
    assert frozen is not None
    assert newer is not None
    assert (frozen.time_zone, newer.time_zone) == ("Europe/Berlin", "America/Lima")
    christmas = date(datetime.now(UTC).year + 1, 12, 25)
    assert christmas in frozen.holidays
    assert max(frozen.holidays) < datetime.now(UTC).date() + timedelta(days=3 * 366)


async def test_where_all_days_count_no_calendar_is_kept(facts: Facts) -> None:
    owner, reader = await facts.team("owner"), await facts.team("reader")
    await say(facts, reader, calendar=BERLIN)
    proposal = await proposed(facts, owner, reader)
    (party,) = (await facts.detail(proposal.id)).parties
    assert party.stored.calendar is None


async def test_the_deadline_is_the_last_working_day_of_the_party(facts: Facts) -> None:
    owner, reader = await facts.team("owner"), await facts.team("reader")
    await say(facts, reader, calendar=BERLIN)
    proposal = await proposed(facts, owner, reader, days="working")
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    (party,) = (await facts.detail(proposal.id)).parties
    assert party.stored.calendar is not None
    assert party.due_at == party.stored.calendar.after(conductor.now, 14 * DAY)
    assert party.due_at > conductor.now + 17 * DAY


async def test_a_change_says_only_what_differs_and_the_same_again_says_nothing(
    facts: Facts,
) -> None:
    team = await facts.team("team")
    for _ in range(2):
        await say(facts, team, timeline={"deadline": "20d"})
    (told,) = await facts.payloads(team_id=team.id, type=EventType.TEAM_POLICY_CHANGED)
    assert told == {"before": {"timeline": {}}, "after": {"timeline": {"deadline": "P20D"}}}
    await say(facts, team, timeline={"deadline": None})
    said = await facts.database.read(lambda tx: team_policies.get(tx, team.id))
    assert dict(said.team.policy.timeline) == {}


@pytest.mark.parametrize(
    "what",
    [
        {"timeline": {"deadline": "1d"}},
        {"who_answers": WhoAnswers.OWNERS},
        {"observe": True},
    ],
)
async def test_what_takes_something_away_is_for_owners(
    facts: Facts, what: dict[str, object]
) -> None:
    team = await facts.team("team")
    change = TeamPolicyChange(named=frozenset(what), **what)  # type: ignore[arg-type]  # by test
    with pytest.raises(Forbidden):
        await team_policies.change(facts.database, member_of(team), team.id, change, ServerSays())
    more = TeamPolicyChange(named=frozenset({"timeline"}), timeline={"deadline": "30d"})
    await team_policies.change(facts.database, member_of(team), team.id, more, ServerSays())


async def test_those_who_answer_by_name_work_for_the_team(facts: Facts) -> None:
    team = await facts.team("team")
    member = await person(facts, "member", team)
    viewer = await person(facts, "viewer", team, TeamRole.VIEWER)
    with pytest.raises(InvalidPolicy, match="somebody who is named"):
        await say(facts, team, who_answers=WhoAnswers.NAMED)
    with pytest.raises(InvalidPolicy, match="Only owners and members"):
        await say(facts, team, who_answers=WhoAnswers.NAMED, answerers=(viewer.id,))
    await say(facts, team, who_answers=WhoAnswers.NAMED, answerers=(member.id,))


async def test_a_fallback_is_there_and_is_somebody_else(facts: Facts) -> None:
    team = await facts.team("team")
    for wrong in (Fallback(), Fallback(team_id=uuid4(), user_id=uuid4())):
        with pytest.raises(InvalidPolicy, match="either a team or a user"):
            await say(facts, team, fallback=wrong)
    with pytest.raises(InvalidPolicy, match="somebody else"):
        await say(facts, team, fallback=Fallback(team_id=team.id))
    for missing in (Fallback(team_id=uuid4()), Fallback(user_id=uuid4())):
        with pytest.raises(NotFound):
            await say(facts, team, fallback=missing)


async def test_who_is_merged_leaves_its_questions_as_they_are_and_its_duties_to_the_other(
    facts: Facts,
) -> None:
    owner, source, target, other = [
        await facts.team(name) for name in ("owner", "source", "target", "other")
    ]
    tokyo = WorkCalendar(time_zone="Asia/Tokyo")
    await say(facts, source, calendar=BERLIN, timeline={"deadline": "20d"})
    await say(facts, target, calendar=tokyo)
    for team in (other, target):
        await say(facts, team, fallback=Fallback(team_id=source.id))
    proposal = await proposed(facts, owner, source, days="working")
    await merging.merge(facts.database, CALLER, source.id, target.id)
    (party,) = (await facts.detail(proposal.id)).parties
    assert party.team.id == target.id
    assert party.stored.calendar is not None
    assert party.stored.calendar.time_zone == "Europe/Berlin"
    said = await facts.database.read(lambda tx: team_policies.get(tx, target.id))
    assert (said.calendar, dict(said.team.policy.timeline)) == (tokyo, {})
    assert said.team.policy.fallback != Fallback(team_id=target.id), "its own fallback is none"
    falls = await facts.database.read(lambda tx: team_policies.get(tx, other.id))
    assert falls.team.policy.fallback == Fallback(team_id=target.id)
