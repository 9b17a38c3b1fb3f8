"""The inbox, as the server answers: what waits for teams, and what their own proposals wait for."""

from datetime import datetime

from tessera_sdk.models import AssetRef, Links, NamedTeam, PersonRef, Received, TeamRef


class ProposalRef(Received):
    """A proposal as the inbox mentions it."""

    id: str
    asset: AssetRef = AssetRef()
    producer: NamedTeam = TeamRef()
    status: str = ""
    base_version: str | None = None
    version: str | None = None
    revision: int = 1
    created_at: datetime | None = None
    links: Links = Links()


class GivenAnswer(Received):
    """That a team needs time, and until when."""

    response: str = ""
    note: str | None = None
    until: datetime | None = None


class InboxItem(Received):
    """One thing that waits for a team: `answer`, `confirm` or `publish`."""

    task: str
    team: NamedTeam
    proposal: ProposalRef
    reason: str | None = None
    breaking: tuple[str, ...] = ()
    breaking_count: int = 0
    due_at: datetime | None = None
    overdue: bool = False
    asked_at: datetime | None = None
    reminders: int = 0
    answer: GivenAnswer | None = None
    delegate: PersonRef | None = None
    permitted: bool = True


class PendingTeam(Received):
    """A team that somebody's own proposal waits for."""

    team: NamedTeam
    due_at: datetime | None = None
    response: str | None = None


class OwnProposal(Received):
    """An open proposal of the teams themselves."""

    proposal: ProposalRef
    pending: tuple[PendingTeam, ...] = ()
    answered: int = 0
    deadline_at: datetime | None = None


class MoveItem(Received):
    """An old version that a team has yet to move off."""

    team: NamedTeam
    contract_id: str
    asset: AssetRef
    version: str
    reason: str | None = None
    sunset_at: datetime | None = None
    due_at: datetime | None = None
    extended_until: datetime | None = None
    reminders: int = 0
    permitted: bool = False


class InboxCounts(Received):
    """How much there is, over all pages."""

    answer: int = 0
    confirm: int = 0
    publish: int = 0
    overdue: int = 0
    due_soon: int = 0
    own: int = 0
    move: int = 0


class InboxPage(Received):
    """A page of what waits, the most urgent first; `own` are the oldest of their own proposals."""

    teams: tuple[NamedTeam, ...] = ()
    counts: InboxCounts = InboxCounts()
    items: tuple[InboxItem, ...] = ()
    next: str | None = None
    own: tuple[OwnProposal, ...] = ()
    moves: tuple[MoveItem, ...] = ()
