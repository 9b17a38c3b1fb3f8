"""Messages about proposals, made without a database: fixed in every detail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.actors import WORKFLOW, Actor, ActorKind
from domain.changes import Change, ChangeKind
from domain.compatibility import ContentModel, Mode
from domain.coordination import Round
from domain.destinations import Destination, DestinationKind, Pace
from domain.events import Cursor, Event, EventType
from domain.json_types import JsonObject
from domain.parties import Notice, NoticeKind, Party
from domain.proposals import FrozenPolicy, Proposal, ProposalStatus
from domain.timeline import OnDeadline, Timeline
from domain.users import User, UserKind
from domain.versioning import SemverMode
from notify.messages import About, Message, Question
from tests.support.facts import content, table

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DUE = NOW + timedelta(days=14)
TEAM, ADA, PRODUCER, DELIVERY = (UUID(int=number) for number in (11, 12, 13, 14))
HASH = "ab" * 32
SENTENCE = "`email` is removed."
EMAIL = Change(
    kind=ChangeKind.FIELD_REMOVED,
    path="email",
    before={"type": "string"},
    after=None,
    breaks_backward=True,
    breaks_forward=False,
    undecided=False,
    sentence=SENTENCE,
    also=(),
)


def ada(**other: object) -> User:
    """Somebody whom mail reaches."""
    user = User(
        id=ADA,
        name="Ada Lovelace",
        email="ada@example.com",
        kind=UserKind.PERSON,
        administrator=False,
        deactivated_at=None,
        created_at=NOW,
    )
    return replace(user, **other)  # type: ignore[arg-type]  # named by each test


def destination(**other: object) -> Destination:
    """Ada's own destination."""
    found = Destination(
        id=UUID(int=20),
        team_id=None,
        user_id=ADA,
        kind=DestinationKind.EMAIL,
        name="email",
        address=None,
        pace=Pace.AT_ONCE,
        disabled_at=None,
        created_at=NOW,
    )
    return replace(found, **other)  # type: ignore[arg-type]  # named by each test


def proposal(
    number: int = 1,
    status: ProposalStatus = ProposalStatus.PENDING,
    on_deadline: OnDeadline = OnDeadline.EXPIRE,
) -> Proposal:
    """A proposal to drop `email`."""
    proposed = content(table("id"))
    return Proposal(
        id=UUID(int=1000 + number),
        asset_id=UUID(int=2000 + number),
        producer_team_id=PRODUCER,
        status=status,
        cause=None,
        revision=1,
        base_contract_id=None,
        base_version="1.4.0",
        requested_version=None,
        version="2.0.0",
        content=proposed,
        content_hash=proposed.content_hash,
        changes=(EMAIL,),
        policy=FrozenPolicy(
            mode=Mode.BACKWARD,
            content_model=ContentModel.CLOSED,
            semver_mode=SemverMode.AUTO,
            timeline=Timeline(on_deadline=on_deadline),
        ),
        proposed_by=Actor(kind=ActorKind.PERSON, name="Grace Hopper"),
        opened_at=NOW,
    )


def event(
    type_: EventType, about: Proposal, summary: str, payload: JsonObject | None = None
) -> Event:
    """One line of the log about a proposal."""
    return Event(
        id=UUID(int=about.id.int * 100 + len(type_.value)),
        cursor=Cursor(700, about.id.int),
        type=type_,
        caller=WORKFLOW,
        summary=summary,
        asset_id=about.asset_id,
        proposal_id=about.id,
        team_id=TEAM,
        payload=payload or {},
        at=NOW,
    )


def asked(
    number: int = 1,
    *,
    fqn: str = "orders.customers",
    team: str = "growth",
    type_: EventType = EventType.PROPOSAL_ASKED,
    on_deadline: OnDeadline = OnDeadline.EXPIRE,
    later: timedelta = timedelta(0),
    changes: list[JsonObject] | None = None,
) -> Message:
    """What a party is told that is asked; for Ada, who may answer for it."""
    about = proposal(number, on_deadline=on_deadline)
    payload: JsonObject = {"revision": 1, "reason": "reads `email`", "breaking": [SENTENCE]}
    notice = Notice(kind=NoticeKind.ASK, ordinal=1, noted_at=NOW, delivered_at=NOW)
    party = Party(team_id=TEAM, name=team, notices=(notice,))
    due_at = DUE + later
    return Message(
        event=event(type_, about, f"{team} is asked about {fqn} 2.0.0.", payload),
        about=About(
            asset_fqn=fqn,
            environment="production",
            producer="checkout",
            status=about.status.value,
            version=about.version,
        ),
        changes=changes,
        proposal=about,
        round=Round(
            status=about.status,
            timeline=about.policy.timeline,
            opened_at=about.opened_at,
            parties=(party,),
        ),
        questions={TEAM: Question(revision=1, changes_hash=HASH, due_at=due_at)},
        at=NOW,
        recipient=ada(),
        answers_for=frozenset({TEAM}),
        delivery_id=DELIVERY,
    )


def told(type_: EventType, summary: str, number: int, status: ProposalStatus) -> Message:
    """Something that is told of a proposal, without a question in it."""
    about = proposal(number, status)
    return Message(
        event=event(type_, about, summary),
        about=About(
            asset_fqn=f"orders.table_{number}",
            environment="production",
            producer="checkout",
            status=status.value,
            version=about.version,
        ),
        proposal=about,
        round=Round(
            status=status, timeline=about.policy.timeline, opened_at=about.opened_at, parties=()
        ),
        at=NOW,
    )
