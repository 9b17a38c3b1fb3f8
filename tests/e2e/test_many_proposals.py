"""Many proposals with random people at once, on real servers and in real time.

In the end three that know nothing of each other must agree on each of them: the result of its
workflow, the record, and the log. `TESSERA_PROPOSALS=300` runs that many; the seed is in
`TESSERA_SEED`.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import func, select
from tessera_sdk import AsyncClient

from domain.contracts import Contract
from domain.events import Event, EventFilter, EventType
from domain.pages import PageRequest
from domain.proposals import Cause, Proposal, ProposalStatus
from record import decisions, rounds
from record.rounds import ProposalDetail
from store.database import Database
from store.outbox import OutboxRow
from store.transaction import Transaction
from tests.e2e.administrators import two_administrators
from tests.e2e.agreement import check_release, ends_of_old_versions, result_of
from tests.e2e.crowd import Crowd
from tests.e2e.plans import Group, Plan
from tests.e2e.stack import Stack
from tests.support.api_client import unique
from tests.support.figures import FIGURES
from tests.support.kept_questions import OF_PROPOSALS, from_facts, kept
from tests.support.receiver import Receiver

PROPOSALS = int(os.environ.get("TESSERA_PROPOSALS", "40"))
SEED = int(os.environ.get("TESSERA_SEED", "1"))
DEADLINE = max(4.0, PROPOSALS / 10)
"""Seconds; more of them need longer for what they want to say in time."""
PATIENCE = 110 + PROPOSALS
"""Seconds that a workflow may take to end, with all the others."""
TEAMS = 8
UNREACHED = 2
"""How many of the teams have no webhook, so that their silence is no consent."""
ENDS = {
    ProposalStatus.PUBLISHED: EventType.PROPOSAL_PUBLISHED,
    ProposalStatus.REJECTED: EventType.PROPOSAL_REJECTED,
    ProposalStatus.WITHDRAWN: EventType.PROPOSAL_WITHDRAWN,
    ProposalStatus.EXPIRED: EventType.PROPOSAL_EXPIRED,
}
SAID = {
    "acknowledged": EventType.ACKNOWLEDGED,
    "withdrawal_recorded": EventType.WITHDRAWAL_RECORDED,
    "force_recorded": EventType.FORCE_RECORDED,
    "force_requested": EventType.FORCE_REQUESTED,
    "cancellation_recorded": EventType.CANCELLATION_RECORDED,
    "revision_recorded": EventType.REVISION_RECORDED,
    "extended": EventType.EXTENDED,
    "commented": EventType.COMMENTED,
}
"""What leaves one event each time that it is accepted."""


@dataclass(frozen=True)
class Story:
    """What record and log know of one proposal; events are in the order of its lock."""

    detail: ProposalDetail
    contract: Contract | None
    events: list[Event]

    @property
    def proposal(self) -> Proposal:
        return self.detail.proposal

    def count(self, kind: EventType) -> int:
        return sum(event.type is kind for event in self.events)

    @property
    def end(self) -> Event:
        (end,) = [event for event in self.events if event.type in ENDS.values()]
        return end


async def read(database: Database, proposal_id: str) -> Story:
    async def work(tx: Transaction) -> Story:
        proposal = await tx.proposals.get(UUID(proposal_id))
        assert proposal is not None
        page = await tx.events.page(PageRequest(limit=200), EventFilter(proposal_id=proposal.id))
        assert page.next is None
        return Story(
            detail=await rounds.load_one(tx, proposal.id),
            contract=await tx.contracts.of_proposal(proposal.id),
            events=sorted(page.items, key=lambda event: event.cursor.sequence),
        )

    return await database.run(work)


@pytest.mark.timeout(900)
async def test_workflow_record_and_log_agree_on_every_proposal(
    stack: Stack,
    clients: list[AsyncClient],
    database: Database,
    record_property: Callable[[str, object], None],
) -> None:
    began, dice = time.monotonic(), random.Random(SEED)
    async with AsyncExitStack() as exits, Receiver.running() as receiver:
        owner = await clients[0].teams.create(unique("owner"))
        teams = [await clients[0].teams.create(unique(f"team-{n}")) for n in range(TEAMS)]
        for team in teams[UNREACHED:]:
            await clients[0].destinations.set(receiver.url, team_id=team.id)
        persons = await two_administrators(exits, clients[0], stack.address)
        crowd = Crowd(clients, persons, DEADLINE)
        groups = Group.drawn(dice, [Plan.drawn(dice, teams) for _ in range(PROPOSALS)])
        played = await asyncio.gather(*(crowd.play(group, owner) for group in groups))
        ids = [proposal_id for group in played for proposal_id in group]
        said = time.monotonic()
        results = await asyncio.gather(
            *(result_of(stack, f"proposal-{id_}", PATIENCE) for id_ in ids)
        )
        ends = await ends_of_old_versions(stack, database, ids, PATIENCE)
    stories = [await read(database, proposal_id) for proposal_id in ids]
    for proposal_id, result, story in zip(ids, results, stories, strict=True):
        check(story, result)
        for kind, event in SAID.items():
            assert crowd.accepted[proposal_id, kind] == story.count(event), kind
    of_releases = [await check_release(database, release_id) for release_id in crowd.releases]
    assert await parked(database) == 0
    again = await decisions.recompute(database)
    assert not again.differing
    assert again.same >= len(stories)
    await check_questions(database, ids)
    more = {"How releases ended": Counter(of_releases), "How ends of old versions ended": ends}
    took = (said - began, time.monotonic() - began)
    record_property(FIGURES, figures(crowd, stories, more, *took))


def figures(
    crowd: Crowd,
    stories: list[Story],
    more: Mapping[str, Counter[str]],
    said: float,
    ended: float,
) -> str:
    """What came of it, for people."""
    outcomes = Counter(f"{s.proposal.status.value} ({s.end.payload['cause']})" for s in stories)
    accepted = Counter(kind for _, kind in crowd.accepted.elements())
    parts = {
        f"{PROPOSALS} proposals at once, seed {SEED}: workflow, record and log agree on each": {
            "seconds until all was said": round(said),
            "seconds until all had ended": round(ended),
            "events in the log": sum(len(story.events) for story in stories),
        },
        "How they ended": outcomes,
        **more,
        "What was accepted": accepted,
        "What was refused, coming too late": crowd.refused,
    }
    return "\n\n".join(
        "\n".join([title, *(f"  {name:<48}{count:>7,}" for name, count in sorted(part.items()))])
        for title, part in parts.items()
    )


async def parked(database: Database) -> int:
    """How many wakes Temporal refused."""

    async def work(tx: Transaction) -> int:
        refused = select(func.count()).where(OutboxRow.parked_at.is_not(None))
        return await tx.sql.one_value(refused)

    return await database.run(work)


async def check_questions(database: Database, ids: Collection[str]) -> None:
    """What is kept beside each question is what its facts say."""
    asked = [each for each in await kept(database, OF_PROPOSALS) if str(each.about) in ids]
    anew = [each for each in await from_facts(database, OF_PROPOSALS) if str(each.about) in ids]
    assert asked, "nobody was asked anything"
    assert asked == anew


def check(story: Story, result: str) -> None:
    """The three agree, and the end follows from the facts before it."""
    proposal, end = story.proposal, story.end
    assert result == proposal.status.value
    assert end.type is ENDS[proposal.status]
    assert end.payload["cause"] == (proposal.cause.value if proposal.cause else None)
    after = [event.type for event in story.events if event.cursor.sequence > end.cursor.sequence]
    assert set(after) <= {EventType.COMMENTED}, f"after the end: {after}"
    _check_publication(story)
    _check_revisions(story)
    _check_asks(story)
    _check_cause(story)


def _check_publication(story: Story) -> None:
    published = story.count(EventType.CONTRACT_PUBLISHED)
    assert published == (story.proposal.status is ProposalStatus.PUBLISHED)
    assert published == (story.contract is not None)


def _check_revisions(story: Story) -> None:
    """What was proposed last, by the log, is what the proposal has and what is in force."""
    types = (EventType.PROPOSAL_OPENED, EventType.REVISION_RECORDED)
    afters = [event.payload["after"] for event in story.events if event.type in types]
    hashes = [each["content_hash"] for each in afters if isinstance(each, dict)]
    assert story.proposal.content_hash == hashes[-1]
    assert story.contract is None or story.contract.content_hash == hashes[-1]


def _check_asks(story: Story) -> None:
    asks = [e for e in story.events if e.type is EventType.PROPOSAL_ASKED]
    keys = Counter((event.team_id, event.payload["revision"]) for event in asks)
    assert all(count == 1 for count in keys.values()), "a question is asked once"


def _check_cause(story: Story) -> None:
    """withdrawn > cancelled > its release > forced > blocked > all approved > deadline, from the
    answers of its parties.
    """
    proposal = story.proposal
    if proposal.withdrawn:
        assert proposal.cause is Cause.WITHDRAWN
    elif proposal.cancelled:
        assert proposal.cause is Cause.CANCELLED
    elif proposal.cause in (Cause.RELEASE_FAILED, Cause.RELEASE_CANCELLED):
        assert proposal.release_id is not None
    elif proposal.forced:
        waits = {Cause.NOT_PUBLISHED} if proposal.release_id else set()
        assert proposal.cause in {Cause.FORCED, Cause.BASE_MOVED, *waits}
    else:
        _check_answers(story)


def _check_answers(story: Story) -> None:
    proposal, round_ = story.proposal, story.detail.round
    answers = [party.answer.response.value for party in round_.parties if party.answer]
    if "blocked" in answers:
        assert proposal.cause is Cause.BLOCKED
    elif proposal.cause in (Cause.ALL_APPROVED, Cause.NO_PARTIES):
        assert answers == ["approved"] * len(round_.parties)
    elif proposal.cause is Cause.DEADLINE:
        assert proposal.policy.timeline.on_deadline == "approve"
        assert all(party.answer or party.reached_at for party in round_.pending)
    else:
        assert proposal.status is ProposalStatus.EXPIRED
        waits = proposal.cause in (Cause.BASE_MOVED, Cause.NOT_PUBLISHED)
        assert waits or set(answers) != {"approved"} or len(answers) < len(round_.parties)
