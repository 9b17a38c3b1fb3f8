"""What revising a proposal would do."""

from tessera_sdk.models import Change, NamedTeam
from tessera_sdk.received import Received


class ForeseenParty(Received):
    """A party of the proposal as it would be; `state` is `pending`, or the answer that counts."""

    team: NamedTeam
    reason: str | None = None
    state: str | None = None


class RevisionPreview(Received):
    """Whose answers would stay, who would be asked or released, and what breaks."""

    proposal_id: str
    unchanged: bool = False
    revision: int | None = None
    version: str | None = None
    base_version: str | None = None
    changes: tuple[Change, ...] = ()
    would_keep: tuple[ForeseenParty, ...] = ()
    would_ask: tuple[ForeseenParty, ...] = ()
    would_release: tuple[NamedTeam, ...] = ()
    would_tell: tuple[NamedTeam, ...] = ()
