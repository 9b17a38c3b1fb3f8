"""Assets: things with a schema that teams own, and the policy that judges their changes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.compatibility import ContentModel, Mode
from domain.errors import InvalidRequest
from domain.pages import Deleted
from domain.versioning import SemverMode

DEFAULT_ENVIRONMENT = "production"
FQN_LIMIT = 500
DESCRIPTION_LIMIT = 4000
TAGS_LIMIT = 50
_FQN = re.compile(r"[^\s@]+")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


class AssetKind(StrEnum):
    """What kind of thing carries the schema."""

    TABLE = "table"
    TOPIC = "topic"
    ENDPOINT = "endpoint"
    MODEL = "model"


class AssetState(StrEnum):
    """What may be the matter with an asset, for who looks for those."""

    PROPOSED = "proposed"
    """A proposal for it is open."""
    UNPUBLISHED = "unpublished"
    """It has no active contract."""


class Preset(StrEnum):
    """A name for a mode, a content model and a semver mode that go together."""

    DEFAULT = "default"
    """Stored data stays readable and no field goes away unasked."""
    PROTECT_READERS = "protect-readers"
    """Whoever reads what is written from now on with the old contract is asked first."""
    STRICT = "strict"
    """Both, and a contract names all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPolicy:
    """How changes of an asset are judged: properties of the asset, never of a request.

    `timeline` and `observe` hold only what the asset says itself: its team and the server do the
    rest. A timeline is in wire form.
    """

    mode: Mode = Mode.BACKWARD
    content_model: ContentModel = ContentModel.CLOSED
    semver_mode: SemverMode = SemverMode.AUTO
    observe: bool | None = None
    timeline: Mapping[str, str] = field(default_factory=dict)

    @property
    def preset(self) -> Preset | None:
        """The preset that says what this policy says; None when none does."""
        own = (self.mode, self.content_model, self.semver_mode)
        return next((preset for preset, values in PRESETS.items() if values == own), None)

    def preset_to(self, preset: Preset) -> Self:
        """Return this policy with what the preset says; `observe` and the timeline stay."""
        mode, content_model, semver_mode = PRESETS[preset]
        return replace(self, mode=mode, content_model=content_model, semver_mode=semver_mode)


PRESETS: Mapping[Preset, tuple[Mode, ContentModel, SemverMode]] = {
    Preset.DEFAULT: (Mode.BACKWARD, ContentModel.CLOSED, SemverMode.AUTO),
    Preset.PROTECT_READERS: (Mode.FORWARD, ContentModel.OPEN, SemverMode.AUTO),
    Preset.STRICT: (Mode.FULL, ContentModel.CLOSED, SemverMode.AUTO),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Known by `fqn` within an `environment`."""

    id: UUID
    fqn: str
    environment: str
    kind: AssetKind
    tags: tuple[str, ...]
    owner_team_id: UUID
    policy: AssetPolicy
    created_at: datetime
    description: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilter:
    """Which assets are wanted: those that meet everything that is said."""

    text: str | None = None
    """Words that are looked for; they may be spelled wrongly."""
    fqn: str | None = None
    """Exactly this FQN."""
    environment: str | None = None
    kind: AssetKind | None = None
    tag: str | None = None
    owner_team_id: UUID | None = None
    steward_id: UUID | None = None
    state: AssetState | None = None
    deleted: Deleted = Deleted.EXCLUDE


def checked_fqn(fqn: str) -> str:
    """Return the FQN as it is stored, or raise `InvalidRequest`."""
    fqn = fqn.strip()
    if len(fqn) > FQN_LIMIT or not _FQN.fullmatch(fqn):
        raise InvalidRequest(
            f"An FQN has 1 to {FQN_LIMIT} characters, no white space and no `@`.",
            errors=[{"path": "fqn", "message": "not a usable FQN"}],
        )
    return fqn


def checked_environment(environment: str) -> str:
    """Return the environment's name, or raise `InvalidRequest`."""
    if not _ENVIRONMENT.fullmatch(environment):
        raise InvalidRequest(
            "An environment is up to 63 letters, digits, dots, dashes and underscores.",
            errors=[{"path": "environment", "message": "not a usable environment"}],
        )
    return environment


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags without doubles, in their order, or raise `InvalidRequest`."""
    unique = tuple(dict.fromkeys(tags))
    if len(unique) > TAGS_LIMIT:
        raise InvalidRequest(
            f"An asset has at most {TAGS_LIMIT} tags; these would be {len(unique)}.",
            errors=[{"path": "tags", "message": "too many"}],
        )
    return unique


def retagged(tags: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """Return the tags with some added and others removed; what is in both is there."""
    gone = set(remove)
    return checked_tags([*(tag for tag in tags if tag not in gone), *add])


def checked_description(description: str | None) -> str | None:
    """Return the description as it is stored: None where it says nothing."""
    text = (description or "").strip()
    if len(text) > DESCRIPTION_LIMIT:
        raise InvalidRequest(
            f"A description has at most {DESCRIPTION_LIMIT} characters.",
            errors=[{"path": "description", "message": "too long"}],
        )
    return text or None
