"""What the server answers with.

Frozen, and tolerant: unknown members are ignored, members that older or newer servers leave out are
`None` or empty, and states are text (see `words`). `wire` is the JSON as it came.
"""

from datetime import datetime
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, JsonValue

from tessera_sdk.policies import Calendar, FrozenPolicy, Policy, TeamPolicy, Timeline
from tessera_sdk.received import Page, Received

__all__ = ["Page", "Policy", "Received", "TeamPolicy", "Timeline"]
"""What stands elsewhere and is looked for here, beside all that follows."""


def _named(value: object) -> object:
    """A team may come as its bare name, where nothing else about it matters."""
    return {"name": value} if isinstance(value, str) else value


class TeamRef(Received):
    """A team as others mention it."""

    id: str | None = None
    name: str = ""


NamedTeam = Annotated[TeamRef, BeforeValidator(_named)]


class AssetRef(Received):
    """An asset as others mention it."""

    id: str | None = None
    fqn: str = ""
    environment: str = "production"


class Team(Received):
    id: str
    name: str
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    merged_into: str | None = None


class Asset(Received):
    id: str
    fqn: str
    environment: str = "production"
    kind: str = "table"
    owner_team_id: str | None = None
    owner: NamedTeam | None = None
    tags: tuple[str, ...] = ()
    description: str | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None


class Witness(Received):
    """A record that was fine before a change and is not after it, or the reverse."""

    instance: JsonValue = None
    direction: str = "backward"
    valid_before: bool = False
    valid_after: bool = False


class Suggestion(Received):
    """A way round a break: a JSON Patch (RFC 6902) of the new schema's `document`."""

    sentence: str = ""
    document: str = ""
    patch: tuple[dict[str, JsonValue], ...] = ()


class Change(Received):
    """One difference between two contracts; a `gating` one needs the consumers' consent."""

    kind: str
    path: str = ""
    before: JsonValue = None
    after: JsonValue = None
    breaks_backward: bool = False
    breaks_forward: bool = False
    undecided: bool = False
    gating: bool | None = Field(default=None, validation_alias=AliasChoices("gating", "gates"))
    group: str | None = None
    """`asks`, `tells`, `compatible` or `wording`."""
    sentence: str = ""
    also: tuple[str, ...] = ()
    witness: Witness | None = None
    suggestion: Suggestion | None = None


class LanguageVerdict(Received):
    """The schema language's own word; `None` is undecided."""

    backward: bool | None = None
    forward: bool | None = None
    full: bool | None = None
    why: str = ""


class Comparison(Received):
    """Two documents compared; `gating` says whether the mode asks for anybody's consent."""

    mode: str | None = None
    content_model: str | None = None
    identical: bool = False
    gating: bool = False
    verdict: LanguageVerdict = LanguageVerdict()
    changes: tuple[Change, ...] = ()


class Diff(Received):
    from_version: str | None = Field(
        default=None, validation_alias=AliasChoices("from_version", "from")
    )
    to_version: str | None = Field(default=None, validation_alias=AliasChoices("to_version", "to"))
    changes: tuple[Change, ...] = ()


class SchemaField(Received):
    """One field of a contract, as a registration may name it."""

    path: str
    type: str = ""
    nullable: bool = False
    required: bool = False
    description: str | None = None
    deprecated: bool = False


class Contract(Received):
    """One published version. `content` is its schema, which listings leave out."""

    id: str
    version: str
    status: str = "active"
    asset_id: str | None = None
    asset: AssetRef | None = None
    format: str | None = None
    content: JsonValue = Field(default=None, validation_alias=AliasChoices("schema", "content"))
    documents: dict[str, JsonValue] | None = None
    root: str | None = None
    guarantees: dict[str, JsonValue] | None = None
    fields: tuple[SchemaField, ...] = ()
    proposal_id: str | None = None
    created_at: datetime | None = Field(
        default=None, validation_alias=AliasChoices("created_at", "published_at")
    )


class UsedBy(Received):
    """What of a consumer reads the asset: a job, a dashboard, a service."""

    name: str
    link: str | None = None


class Registration(Received):
    id: str
    asset_id: str | None = None
    asset: AssetRef | None = None
    consumer_team_id: str | None = None
    consumer: NamedTeam | None = None
    fields: tuple[str, ...] | None = None
    pinned_version: str | None = None
    used_by: UsedBy | tuple[UsedBy, ...] | None = None
    created_at: datetime | None = None


class EarlierAnswer(Received):
    """What a party answered to the same changes, of a proposal that was not published."""

    proposal_id: str
    response: str
    note: str | None = None
    until: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    carried: bool = False


class Objection(Received):
    """Why a team that is affected only downstream would rather that it is not published."""

    id: str
    team: NamedTeam = TeamRef()
    reason: str = ""
    by: str | None = None
    at: datetime | None = None


class PersonRef(Received):
    """A user as others mention them."""

    id: str
    name: str = ""


class Upcoming(Received):
    """What somebody is told next: `remind`, `escalate`, `escalate_owners`, `escalate_fallback`."""

    kind: str
    at: datetime
    to: tuple[str, ...] = ()


class Party(Received):
    """A team whose answer a proposal waits for."""

    team: NamedTeam
    reason: str | None = None
    fields: tuple[str, ...] | None = None
    state: str = "pending"
    response: str | None = None
    note: str | None = None
    until: datetime | None = None
    due_at: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0
    answered_at: datetime | None = None
    changes_hash: str | None = None
    earlier: EarlierAnswer | None = None
    delegate: PersonRef | None = None
    who_answers: str = "members"
    calendar: Calendar | None = None
    next: tuple[Upcoming, ...] = ()


class Links(Received):
    own: str | None = Field(default=None, validation_alias=AliasChoices("self", "own"))
    page: str | None = None
    temporal: str | None = None


class Decree(Received):
    """A withdrawal, a force, a wish to publish: who said it, when and why."""

    by: str
    at: datetime | None = None
    reason: str | None = None


class Proposal(Received):
    """A breaking change that waits for its consumers, or how that ended."""

    id: str
    status: str
    asset: AssetRef = AssetRef()
    producer: NamedTeam = TeamRef()
    cause: str | None = None
    revision: int = 1
    base_version: str | None = None
    version: str | None = None
    content_hash: str | None = None
    changes: tuple[Change, ...] = ()
    parties: tuple[Party, ...] = ()
    pending: tuple[NamedTeam, ...] = ()
    told: tuple[NamedTeam, ...] = ()
    objections: tuple[Objection, ...] = ()
    deadline_at: datetime | None = None
    publish_at: datetime | None = None
    """When it publishes by itself once it is approved."""
    next_review_at: datetime | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    base_moved: bool = False
    confirmation_needed: bool = False
    stuck: str | bool | None = None
    withdrawn: Decree | None = None
    cancelled: Decree | None = None
    force_requested: Decree | None = None
    forced: Decree | None = None
    extended_by: str | None = None
    contract_id: str | None = None
    policy: FrozenPolicy = FrozenPolicy()
    release_id: str | None = None
    links: Links = Links()

    def asked_of(self, team_id: str) -> str | None:
        """The hash of what a team is asked; none if it is not a party."""
        hashes = (each.changes_hash for each in self.parties if each.team.id == team_id)
        return next(hashes, None)


class Asked(Received):
    """A team that a publish would ask, and why."""

    team: NamedTeam
    reason: str | None = None


class PublishResult(Received):
    """What a publish did: see `words.Action`. With `dry_run`, what it would do."""

    action: str
    version: str | None = None
    contract: Contract | None = None
    proposal: Proposal | None = None
    changes: tuple[Change, ...] = ()
    would_ask: tuple[Asked, ...] = ()
    would_tell: tuple[NamedTeam, ...] = ()
    told: tuple[NamedTeam, ...] = ()
    base_moved_proposal: str | None = None
    """The open proposal that is now against another version, because this one was published."""


class Event(Received):
    """One line of the log: who did what to what, when."""

    id: str
    type: str
    at: datetime | None = Field(
        default=None, validation_alias=AliasChoices("at", "occurred_at", "created_at")
    )
    actor: JsonValue = None
    sentence: str | None = Field(default=None, validation_alias=AliasChoices("sentence", "summary"))
    asset_id: str | None = None
    proposal_id: str | None = None
    team_id: str | None = None
    payload: JsonValue = Field(default=None, validation_alias=AliasChoices("payload", "facts"))
