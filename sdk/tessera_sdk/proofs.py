"""The proof of a proposal, as the server answers; all of it is in `wire`."""

from datetime import datetime

from tessera_sdk.ends import Retirement
from tessera_sdk.models import NamedTeam, Proposal, Received, TeamRef


class ProofAsked(Received):
    """A team that was asked, and how often."""

    team: NamedTeam = TeamRef()
    reason: str | None = None
    asks: int = 0
    reminders: int = 0
    escalations: int = 0


class ProofAnswer(Received):
    """One answer; `standing` is `counts`, or why it does not."""

    team: NamedTeam = TeamRef()
    response: str = ""
    note: str | None = None
    at: datetime | None = None
    standing: str = ""


class ProofEvent(Received):
    """An event of the proposal; without a `place` it is not sealed yet."""

    id: str
    type: str = ""
    summary: str = ""
    hash: str = ""


class ProofCheck(Received):
    """How to hold the proof against the log."""

    head: str | None = None
    unsealed: int = 0
    intact: bool = True
    command: str = ""


class Proof(Received):
    """Who was asked what, by which deliveries, who answered, and where that is sealed."""

    form: int
    read_at: datetime | None = None
    proposal: Proposal
    asked: tuple[ProofAsked, ...] = ()
    answers: tuple[ProofAnswer, ...] = ()
    retirement: Retirement | None = None
    """The end of the version that it has replaced."""
    events: tuple[ProofEvent, ...] = ()
    check: ProofCheck = ProofCheck()
