"""Handing an answer to one person of a team, and who may answer for it by the team's own rule."""

from collections.abc import AsyncIterator

import pytest

from domain.acknowledgments import Response
from domain.actors import Actor, ActorKind, Origin
from domain.api_keys import Scope
from domain.authorization import Principal, Requester, Role
from domain.destinations import Channels, DestinationKind
from domain.errors import Forbidden, InvalidRequest, NotAParty, ProposalEnded
from domain.events import EventType
from domain.members import TeamRole
from domain.parties import Person
from domain.team_policies import WhoAnswers
from domain.teams import Team
from domain.users import User
from record import acknowledgments, delegations, members, merging, proposals, users
from record.acknowledgments import NewAnswer
from record.delegations import Handed
from store.database import Database
from tests.record.test_audiences import person
from tests.record.test_escalations import told
from tests.record.test_team_policies import proposed, say
from tests.support.conductor import DAY, Conductor
from tests.support.facts import CALLER, Facts


@pytest.fixture
async def facts(facts: Facts, database_url: str) -> AsyncIterator[Facts]:
    """A server that can send by every channel, so that people are told in person."""
    channels = Channels(kinds=frozenset(DestinationKind))
    async with Database.connect(database_url, channels=channels).closing() as database:
        yield Facts(database, facts.comparer)


def as_user(user: User, team: Team, role: TeamRole = TeamRole.MEMBER) -> Requester:
    actor = Actor(kind=ActorKind.PERSON, name=user.name, id=user.id)
    principal = Principal(
        actor=actor, role=Role.USER, scope=Scope.WRITE, teams={team.id: role}, user_id=user.id
    )
    return Requester(principal=principal, actor=actor, origin=Origin.API)


async def asked(facts: Facts, team: Team) -> Conductor:
    conductor = Conductor(facts, await proposed(facts, await facts.team("owner"), team))
    await conductor.carry_on()
    return conductor


async def hand(conductor: Conductor, by: Requester, team: Team, to: User | None) -> None:
    handed = Handed(team_id=team.id, user_id=None if to is None else to.id)
    database = conductor.facts.database
    await delegations.delegate(database, by, conductor.proposal.id, handed)


async def answer(conductor: Conductor, by: Requester, team: Team) -> None:
    given = NewAnswer(team_id=team.id, response=Response.APPROVED)
    await acknowledgments.acknowledge(conductor.facts.database, by, conductor.proposal.id, given)


async def delegate_of(conductor: Conductor) -> Person | None:
    (party,) = (await conductor.facts.detail(conductor.proposal.id)).parties
    return party.stored.delegate


async def test_who_has_it_is_told_and_reminded_alone(facts: Facts) -> None:
    team = await facts.team("team")
    ada, bob = [await person(facts, name, team) for name in ("ada", "bob")]
    conductor = await asked(facts, team)
    assert await told(facts, conductor, EventType.PROPOSAL_ASKED) == ["ada", "bob"]
    await hand(conductor, as_user(ada, team), team, bob)
    assert await delegate_of(conductor) == Person(id=bob.id, name="bob")
    assert await told(facts, conductor, EventType.DELEGATED) == ["bob"]
    await conductor.carry_on(after=2 * DAY)
    assert await told(facts, conductor, EventType.PROPOSAL_REMINDED) == ["bob"]


async def test_it_is_said_once_and_can_be_taken_back(facts: Facts) -> None:
    team = await facts.team("team")
    ada, bob = [await person(facts, name, team) for name in ("ada", "bob")]
    conductor = await asked(facts, team)
    for to in (bob, bob, None, None):
        await hand(conductor, as_user(ada, team), team, to)
    payloads = await facts.payloads(proposal_id=conductor.proposal.id, type=EventType.DELEGATED)
    nobody = {"delegate": None, "delegate_id": None}
    his = {"delegate": "bob", "delegate_id": str(bob.id)}
    assert [(each["before"], each["after"]) for each in payloads] == [
        (nobody, his),
        (his, nobody),
    ]
    assert await delegate_of(conductor) is None


async def test_the_rule_of_the_team_holds_under_the_lock(facts: Facts) -> None:
    team = await facts.team("team")
    owner = await person(facts, "owner", team, TeamRole.OWNER)
    member, other = [await person(facts, name, team) for name in ("member", "other")]
    await say(facts, team, who_answers=WhoAnswers.OWNERS)
    conductor = await asked(facts, team)
    with pytest.raises(Forbidden, match="its owners, and whom they hand it to"):
        await answer(conductor, as_user(member, team), team)
    with pytest.raises(Forbidden):
        await hand(conductor, as_user(member, team), team, member)
    await hand(conductor, as_user(owner, team, TeamRole.OWNER), team, member)
    with pytest.raises(Forbidden):
        await answer(conductor, as_user(other, team), team)
    await answer(conductor, as_user(member, team), team)
    await answer(conductor, as_user(owner, team, TeamRole.OWNER), team)


async def test_those_who_are_named_answer_and_nobody_else(facts: Facts) -> None:
    team = await facts.team("team")
    owner = await person(facts, "owner", team, TeamRole.OWNER)
    named = await person(facts, "named", team)
    await say(facts, team, who_answers=WhoAnswers.NAMED, answerers=(named.id,))
    conductor = await asked(facts, team)
    with pytest.raises(Forbidden, match="those whom it names"):
        await answer(conductor, as_user(owner, team, TeamRole.OWNER), team)
    await answer(conductor, as_user(named, team), team)


async def test_who_works_for_the_team_no_more_has_nothing_handed_to_them(facts: Facts) -> None:
    team = await facts.team("team")
    ada, bob, eve = [await person(facts, name, team) for name in ("ada", "bob", "eve")]
    conductor = await asked(facts, team)
    await hand(conductor, as_user(ada, team), team, bob)
    await members.remove(facts.database, CALLER, team.id, bob.id)
    assert await delegate_of(conductor) is None
    await hand(conductor, as_user(ada, team), team, eve)
    await users.deactivate(facts.database, CALLER, eve.id)
    assert await delegate_of(conductor) is None
    await conductor.carry_on(after=2 * DAY)
    assert await told(facts, conductor, EventType.PROPOSAL_REMINDED) == ["ada"]


async def test_it_is_handed_to_people_who_work_for_a_team_that_is_asked(facts: Facts) -> None:
    team, other = await facts.team("team"), await facts.team("other")
    ada = await person(facts, "ada", team)
    viewer = await person(facts, "viewer", team, TeamRole.VIEWER)
    stranger = await person(facts, "stranger", other)
    gone = await person(facts, "gone", team)
    await users.deactivate(facts.database, CALLER, gone.id)
    conductor = await asked(facts, team)
    for nobody in (viewer, stranger, gone):
        with pytest.raises(InvalidRequest, match="an owner or a member of team"):
            await hand(conductor, as_user(ada, team), team, nobody)
    with pytest.raises(Forbidden):
        await hand(conductor, as_user(stranger, other), team, ada)
    with pytest.raises(NotAParty):
        await hand(conductor, as_user(stranger, other), other, stranger)
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    with pytest.raises(ProposalEnded):
        await hand(conductor, as_user(ada, team), team, ada)


async def test_in_a_larger_team_it_stays_with_whom_it_was_handed_to(facts: Facts) -> None:
    team, larger = await facts.team("team"), await facts.team("larger")
    ada, bob = [await person(facts, name, team) for name in ("ada", "bob")]
    conductor = await asked(facts, team)
    await hand(conductor, as_user(ada, team), team, bob)
    await merging.merge(facts.database, CALLER, team.id, larger.id)
    assert await delegate_of(conductor) == Person(id=bob.id, name="bob")
