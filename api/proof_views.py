"""The proof of a proposal as it is written: everything that stands in the record about it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.event_views import ActorView, EventView
from api.proposal_views import ProposalView
from api.remark_views import RemarkView
from api.retirements import RetirementView
from api.views import TeamRef, View
from domain.acknowledgments import Response
from domain.actors import Origin
from domain.authorization import Principal, Resource, allows
from domain.contracts import ContractContent
from domain.deliveries import AttemptStatus, DeliveryStatus, MadeAttempt
from domain.destinations import DestinationKind
from domain.inclusion import Side
from domain.json_types import JsonObject
from domain.parties import NoticeKind
from domain.permissions import Action
from domain.proofs import Answered, Logged, Place, Recipient, Sending, Standing, Told
from domain.seals import Seal


class ContentView(View):
    """What a version promises, whole."""

    version: str
    contract_id: UUID | None = Field(description="Null of what was never published.")
    content_hash: str = Field(description="SHA-256 over the schema and the guarantees.")
    documents: JsonObject = Field(
        serialization_alias="schema", description="In its own language: `format`, `documents`."
    )
    guarantees: JsonObject

    @classmethod
    def of(cls, version: str, contract_id: UUID | None, content: ContractContent) -> "ContentView":
        """Return the view of a content."""
        return cls(
            version=version,
            contract_id=contract_id,
            content_hash=content.content_hash,
            documents=content.schema.to_wire(),
            guarantees=content.guarantees.to_wire(),
        )


class ToldView(View):
    """One time that a team was told something, as it was said then."""

    kind: NoticeKind
    revision: int = Field(description="The revision in which the question was put.")
    ordinal: int
    at: datetime
    arrived_at: datetime | None = Field(description="When the first destination took it.")
    reason: str | None
    breaking: list[str] = Field(description="What breaks for the team, at most 20 sentences.")
    due_at: datetime | None = Field(description="Until when an answer was asked for.")
    event_id: UUID | None = Field(
        description="Which of `events` it is; null if it was taken out of the log since."
    )

    @classmethod
    def of(cls, told: Told) -> "ToldView":
        """Return the view of a notice."""
        return cls.model_validate(
            {
                "kind": told.kind,
                "revision": told.revision,
                "ordinal": told.ordinal,
                "at": told.at,
                "arrived_at": told.arrived_at,
                "reason": told.said.get("reason"),
                "breaking": told.said.get("breaking") or [],
                "due_at": told.said.get("due_at"),
                "event_id": told.event_id,
            }
        )


class AskedView(View):
    """A team that was asked, and how often."""

    team: TeamRef
    reason: str
    fields: list[str]
    revision: int = Field(description="The revision in which its last question was put.")
    changes_hash: str = Field(description="Of the changes that it was asked about.")
    changes: list[int] = Field(description="Which of `proposal.changes` these are; 0 is the first.")
    released_at: datetime | None = Field(description="Since when it is not waited for.")
    asks: int
    reminders: int
    escalations: int
    told: list[ToldView]


class GivenView(View):
    """One answer, whatever became of it."""

    team: TeamRef
    response: Response
    note: str | None
    until: datetime | None
    at: datetime
    by: ActorView
    origin: Origin
    revision: int
    changes_hash: str = Field(description="Of the changes that it answers.")
    standing: Standing = Field(
        description="`counts`, or why not: `changed` by a later one, `other_question`, "
        "`superseded`, its team `released`."
    )
    superseded_at: datetime | None
    carried_from: UUID | None = Field(
        description="The answer to an earlier proposal, which asked the same, that counts here."
    )
    event_id: UUID | None

    @classmethod
    def of(cls, answered: Answered) -> "GivenView":
        """Return the view of an answer."""
        given = answered.acknowledgment
        return cls(
            team=TeamRef.of(answered.team),
            response=given.response,
            note=given.note,
            until=given.until,
            at=given.recorded_at,
            by=ActorView.of(given.caller.actor),
            origin=given.caller.origin,
            revision=given.revision,
            changes_hash=given.changes_hash,
            standing=answered.standing,
            superseded_at=answered.superseded_at,
            carried_from=given.carried_from,
            event_id=answered.event_id,
        )


class SaidView(View):
    """A decree: a withdrawal, a cancellation, a force, more time, a wish to publish."""

    kind: str = Field(examples=["withdrawn", "forced", "publish_requested"])
    by: ActorView
    at: datetime
    reason: str | None


class RecipientView(View):
    """A destination as everybody may know it."""

    id: UUID
    kind: DestinationKind
    name: str
    team_id: UUID | None
    user_id: UUID | None
    owner: str | None = Field(description="What the team or person is called; null: the server's.")

    @classmethod
    def of(cls, to: Recipient) -> "RecipientView":
        """Return the view of a destination."""
        return cls(
            id=to.id,
            kind=to.kind,
            name=to.name,
            team_id=to.team_id,
            user_id=to.user_id,
            owner=to.owner,
        )


class AttemptView(View):
    """One attempt. What was sent and what came back is shown to who may see the destination."""

    number: int
    status: AttemptStatus
    started_at: datetime
    milliseconds: int | None
    status_code: int | None
    error: str | None
    request: JsonObject | None
    response: JsonObject | None

    @classmethod
    def of(cls, attempt: MadeAttempt, *, whole: bool) -> "AttemptView":
        """Return the view of an attempt."""
        return cls(
            number=attempt.number,
            status=attempt.status,
            started_at=attempt.started_at,
            milliseconds=attempt.milliseconds,
            status_code=attempt.status_code if whole else None,
            error=attempt.error if whole else None,
            request=attempt.request if whole else None,
            response=attempt.response if whole else None,
        )


class SendingView(View):
    """One event to one destination."""

    id: UUID = Field(description="The delivery's.")
    to: RecipientView
    ordinal: int = Field(description="0 for the first; each replay is one of its own.")
    status: DeliveryStatus
    carried_by: UUID | None = Field(
        description="The delivery of the digest that told of it; `attempts` are that one's."
    )
    created_at: datetime
    delivered_at: datetime | None
    whole: bool = Field(description="Whether the attempts say what was sent and what came back.")
    attempts: list[AttemptView]

    @classmethod
    def of(cls, sending: Sending, principal: Principal) -> "SendingView":
        """Return the view of a delivery, for who asks."""
        to, delivery = sending.to, sending.delivery
        owner = Resource(noun="deliveries", team_id=to.team_id, user_id=to.user_id)
        whole = allows(principal, Action.READ_DESTINATION, owner)
        return cls(
            id=delivery.id,
            to=RecipientView.of(to),
            ordinal=delivery.ordinal,
            status=delivery.status,
            carried_by=delivery.carried_by,
            created_at=delivery.created_at,
            delivered_at=delivery.delivered_at,
            whole=whole,
            attempts=[AttemptView.of(each, whole=whole) for each in sending.attempts],
        )


class BesideView(View):
    """One hash on the way from an event to the root of its seal."""

    side: Side
    hash: str


class PlaceView(View):
    """Where an event is sealed."""

    seal: int
    position: int = Field(description="Among the events of the seal; the first is 1.")
    of: int
    way: list[BesideView] = Field(
        description="From the event's hash to the seal's `root` (RFC 6962, section 2.1.1): each is "
        "put on its side of what is reached, and hashed with it."
    )
    intact: bool = Field(description="Whether the event's hash is the one that was sealed.")

    @classmethod
    def of_place(cls, place: Place) -> "PlaceView":
        """Return the view of a place."""
        return cls(
            seal=place.seal,
            position=place.position,
            of=place.of,
            way=[BesideView(side=each.side, hash=each.hash.hex()) for each in place.way],
            intact=place.intact,
        )


class LoggedView(EventView):
    """An event of the proposal: as it is hashed, where that is sealed, and where it was sent."""

    line: str = Field(description="All of it as one text; `hash` is that of byte 0 and this text.")
    hash: str
    place: PlaceView | None = Field(description="Null: no seal covers it yet.")
    sendings: list[SendingView]

    @classmethod
    def of_logged(cls, logged: Logged, principal: Principal) -> "LoggedView":
        """Return the view of an event, for who asks."""
        return cls(
            **dict(EventView.of(logged.event)),
            line=logged.line,
            hash=logged.hash.hex(),
            place=None if logged.place is None else PlaceView.of_place(logged.place),
            sendings=[SendingView.of(each, principal) for each in logged.sendings],
        )


class SealView(View):
    """A seal of the log, with everything that its hash is made of."""

    number: int
    form: int
    start: tuple[int, int] = Field(description="Transaction and sequence.")
    end: tuple[int, int]
    events: int
    root: str
    numbers_digest: str
    previous: str
    at: str
    hash: str

    @classmethod
    def of(cls, seal: Seal) -> "SealView":
        """Return the view of a seal."""
        return cls.model_validate({**seal.written(), "hash": seal.hash.hex()})


class CheckView(View):
    """How to hold this against the log."""

    head_seal: int | None = Field(description="The newest seal of the log when this was written.")
    head: str | None = Field(description="Its hash.")
    unsealed: int = Field(description="So many of `events` no seal covers yet.")
    intact: bool = Field(description="Whether every sealed event has the hash that was sealed.")
    command: str = Field(description="With this answer in `proof.json`.")


class ProofView(View):
    """Who was asked what and how often, by which deliveries, who answered, where it is sealed."""

    form: int
    read_at: datetime = Field(description="All of it is as it was at this moment.")
    proposal: ProposalView
    witnesses_searched: bool = Field(
        description="Whether records that break were looked for beside the changes."
    )
    content: list[ContentView] = Field(description="What is proposed, and what it was to replace.")
    asked: list[AskedView]
    answers: list[GivenView] = Field(description="The oldest first, those that count no more too.")
    said: list[SaidView]
    objections: list[RemarkView] = Field(description="Of teams downstream; the oldest first.")
    comments: list[RemarkView] = Field(description="The oldest first.")
    retirement: RetirementView | None = Field(
        description="The end of the version that it has replaced: who is to move off that, and "
        "what they have said. Null if nothing was published, or that version has no end."
    )
    events: list[LoggedView] = Field(
        description="All of the proposal in the log, and of `retirement`; the oldest first."
    )
    seals: list[SealView]
    check: CheckView
