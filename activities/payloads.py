"""What goes over the wire between workflows and activities, and the names of the activities.

Plain dataclasses in and out; fields may only be added, each with a default, because histories of
every release are replayed. They carry ids, names and dates, never schemas.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class ActivityName(StrEnum):
    """The registered names; a workflow calls activities by these alone."""

    REVIEW = "review_proposal"
    NOTE = "note_parties"
    REBASE = "rebase_proposal"
    SETTLE = "settle_proposal"
    ANSWER_BY_HAND = "answer_by_hand"
    MARK_STUCK = "mark_proposal_stuck"
    DELIVER = "deliver"
    RECORD_ATTEMPT = "record_attempt"
    GIVE_UP_DELIVERY = "give_up_delivery"
    WATCH = "watch"
    SEAL = "seal_log"
    SEND_DIGESTS = "send_digests"
    REVIEW_RETIREMENT = "review_retirement"
    NOTE_MOVERS = "note_movers"
    SETTLE_RETIREMENT = "settle_retirement"
    MARK_RETIREMENT_STUCK = "mark_retirement_stuck"


@dataclass(frozen=True, slots=True)
class HandAnswer:
    """An answer signalled by hand, in the words that a person types: team's name, response."""

    team: str
    response: str
    note: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalInput:
    """A proposal's workflow, and after continue-as-new what the record does not know."""

    proposal_id: UUID
    hand_answers: list[HandAnswer] = field(default_factory=list)
    cancel_asked: bool = False


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """`now` is the workflow's clock, the only one that the round knows."""

    proposal_id: UUID
    now: datetime
    cancel_asked: bool = False


@dataclass(frozen=True, slots=True)
class NoteOfParty:
    """One notice to write."""

    team_id: UUID
    ordinal: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What Temporal's UI and visibility show of the proposal."""

    details: str
    asset: str
    producer: str
    status: str
    pending: int
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The next step: one type for all kinds, since a union is decoded wrongly.

    A workflow that does not know the kind waits a minute and reviews again. `in_place`: it is one
    transaction, so it is carried out by a local activity; histories of before do not say so.
    """

    kind: str
    revision: int = 0
    content_hash: str = ""
    notes: list[NoteOfParty] = field(default_factory=list)
    until: datetime | None = None
    outcome: str | None = None
    status: str | None = None
    summary: str = ""
    shown: Shown | None = None
    stuck: bool = False
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class NoteInput:
    """Tell these parties; idempotent by (proposal, revision, party, kind, ordinal)."""

    proposal_id: UUID
    revision: int
    kind: str
    notes: list[NoteOfParty]
    now: datetime


@dataclass(frozen=True, slots=True)
class RebaseInput:
    """Bring the proposal up to what is active now."""

    proposal_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class SettleInput:
    """Settle what was reviewed; another revision or content changes nothing."""

    proposal_id: UUID
    revision: int
    content_hash: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SettleOutput:
    """`again`: the proposal has moved on, review it again."""

    again: bool


@dataclass(frozen=True, slots=True)
class HandAnswerInput:
    """An answer by hand to be recorded, if the server takes them."""

    proposal_id: UUID
    answer: HandAnswer


@dataclass(frozen=True, slots=True)
class StuckInput:
    """The error that no retry can mend; None when the proposal moves again."""

    proposal_id: UUID
    error: str | None


@dataclass(frozen=True, slots=True)
class RetirementInput:
    """The workflow of a version's end."""

    contract_id: UUID


@dataclass(frozen=True, slots=True)
class RetirementReviewInput:
    """`now` is the workflow's clock, the only one that the window knows."""

    contract_id: UUID
    now: datetime
    cancel_asked: bool = False


@dataclass(frozen=True, slots=True)
class RetirementNoteInput:
    """Tell these teams; idempotent by (contract, revision, team, kind, ordinal)."""

    contract_id: UUID
    revision: int
    kind: str
    notes: list[NoteOfParty]
    now: datetime


@dataclass(frozen=True, slots=True)
class RetirementSettleInput:
    """Settle what was reviewed; another revision changes nothing."""

    contract_id: UUID
    revision: int
    now: datetime


@dataclass(frozen=True, slots=True)
class RetirementStuckInput:
    """The error that no retry can mend; None when the retirement moves again."""

    contract_id: UUID
    error: str | None


@dataclass(frozen=True, slots=True)
class DeliveryInput:
    """Up to 25 deliveries of one event."""

    event_id: UUID
    delivery_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class AttemptInput:
    """One attempt of one delivery."""

    delivery_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """What came of an attempt, and the pause after it if it was not taken."""

    number: int
    status_code: int | None
    error: str | None
    duration: timedelta
    arrived_at: datetime
    pause: timedelta | None
    final: bool = False
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptOutput:
    """How the delivery stands; `pause` until the next attempt, None when there is none.

    Not `recorded`: Postgres went away. Then `outcome` is what was made of the attempt meanwhile,
    None if it was not made.
    """

    status: str
    pause: timedelta | None = None
    recorded: bool = True
    outcome: AttemptOutcome | None = None


@dataclass(frozen=True, slots=True)
class RecordAttemptInput:
    """What is to be recorded once Postgres is back; without an outcome only how things stand."""

    delivery_id: UUID
    outcome: AttemptOutcome | None = None


@dataclass(frozen=True, slots=True)
class GiveUpInput:
    """A delivery whose attempts were all lost with their workers."""

    delivery_id: UUID
    error: str


@dataclass(frozen=True, slots=True)
class WatchOutput:
    """How many overdue proposals and retirements were woken."""

    woken: int
    retirements: int = 0


@dataclass(frozen=True, slots=True)
class DigestsOutput:
    """How many digests were sent on their way."""

    sent: int


@dataclass(frozen=True, slots=True)
class SealOutput:
    """How many events were sealed."""

    sealed: int
