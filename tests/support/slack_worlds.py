"""Messages about a proposal, put together by hand: what Slack's blocks are made of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.actors import WORKFLOW, Actor, ActorKind
from domain.changes import Change, ChangeKind
from domain.compatibility import ContentModel, Mode
from domain.coordination import Round
from domain.events import Cursor, Event, EventType
from domain.json_types import JsonObject
from domain.parties import Notice, NoticeKind, Party
from domain.proposals import FrozenPolicy, Proposal, ProposalStatus
from domain.timeline import OnDeadline, Timeline
from domain.versioning import SemverMode
from notify.messages import About, Message, Question
from tests.support.facts import content, table

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASKED, OTHER = UUID(int=4), UUID(int=5)


def change(sentence: str = "`email` is removed.") -> Change:
    return Change(
        kind=ChangeKind.FIELD_REMOVED,
        path="email",
        before={"type": "string"},
        after=None,
        breaks_backward=True,
        breaks_forward=False,
        undecided=False,
        sentence=sentence,
    )


def proposal(
    *,
    status: ProposalStatus = ProposalStatus.PENDING,
    version: str = "2.0.0",
    on_deadline: OnDeadline = OnDeadline.EXPIRE,
    changes: Sequence[Change] | None = None,
) -> Proposal:
    return Proposal(
        id=UUID(int=2),
        asset_id=UUID(int=3),
        producer_team_id=UUID(int=6),
        status=status,
        cause=None,
        revision=1,
        base_contract_id=None,
        base_version="1.0.0",
        requested_version=None,
        version=version,
        content=content(table("id")),
        content_hash="",
        changes=tuple([change()] if changes is None else changes),
        policy=FrozenPolicy(
            mode=Mode.BACKWARD,
            content_model=ContentModel.CLOSED,
            semver_mode=SemverMode.AUTO,
            timeline=Timeline(on_deadline=on_deadline),
        ),
        proposed_by=Actor(kind=ActorKind.KEY, name="ci"),
        opened_at=NOW - timedelta(hours=1),
    )


def party(name: str = "billing", team_id: UUID = ASKED, **more: object) -> Party:
    asked = Notice(kind=NoticeKind.ASK, ordinal=1, noted_at=NOW)
    return replace(Party(team_id=team_id, name=name, notices=(asked,)), **more)  # type: ignore[arg-type]


def round_of(proposed: Proposal, *parties: Party) -> Round:
    return Round(
        status=proposed.status,
        timeline=proposed.policy.timeline,
        opened_at=proposed.opened_at,
        parties=parties,
    )


def event(
    type_: EventType = EventType.PROPOSAL_ASKED,
    summary: str = "billing is asked about orders.customers 2.0.0.",
    breaking: Sequence[str] = ("`email` is removed.",),
) -> Event:
    return Event(
        id=UUID(int=1),
        cursor=Cursor(700, 42),
        type=type_,
        caller=WORKFLOW,
        summary=summary,
        asset_id=UUID(int=3),
        proposal_id=UUID(int=2),
        team_id=ASKED,
        payload={"revision": 1, "breaking": list(breaking)},
        at=NOW,
    )


def message(
    told: Event | None = None,
    proposed: Proposal | None = None,
    parties: Sequence[Party] | None = None,
    *,
    witness: JsonObject | None = None,
    fqn: str = "orders.customers",
    producer: str = "orders",
) -> Message:
    told, proposed = told or event(), proposed or proposal()
    parties = [party()] if parties is None else parties
    shown = [
        {"sentence": sentence, "witness": witness}
        for sentence in told.payload["breaking"]
        if witness is not None
    ]
    return Message(
        event=told,
        about=About(
            asset_fqn=fqn,
            environment="production",
            producer=producer,
            status=proposed.status.value,
            version=proposed.version,
        ),
        changes=shown,
        proposal=proposed,
        round=round_of(proposed, *parties),
        questions={
            each.team_id: Question(revision=1, changes_hash="", due_at=None) for each in parties
        },
    )
