"""Answers' shapes that more than one noun uses."""

from collections.abc import Callable
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.assets import Asset
from domain.changes import Change, ChangeKind, Group, group_of
from domain.json_values import JSON
from domain.pages import Page
from domain.suggestions import Suggestion
from domain.teams import Team
from domain.witness import Witness

ItemT = TypeVar("ItemT")
V = TypeVar("V", bound="View")


class View(BaseModel):
    """Base of all answers; times are ISO 8601 in UTC."""

    model_config = ConfigDict(
        frozen=True,
        serialize_by_alias=True,
        validate_by_name=True,
        defer_build=True,  # each when it is first answered with, and not all of them at the start
    )


class PageView(View, Generic[V]):
    """One page, newest first; `next` is the `cursor` of the page after it, or null."""

    items: list[V]
    next: str | None

    @classmethod
    def of(cls, page: Page[ItemT], view: Callable[[ItemT], V]) -> "PageView[V]":
        """Return the view of a page."""
        return cls(items=[view(item) for item in page.items], next=page.next)


class TeamRef(View):
    """A team as others mention it."""

    id: UUID
    name: str

    @classmethod
    def of(cls, team: Team) -> "TeamRef":
        """Return the mention of a team."""
        return cls(id=team.id, name=team.name)


class AssetRef(View):
    """An asset as others mention it."""

    id: UUID
    fqn: str
    environment: str

    @classmethod
    def of(cls, asset: Asset) -> "AssetRef":
        """Return the mention of an asset."""
        return cls(id=asset.id, fqn=asset.fqn, environment=asset.environment)


class WitnessView(View):
    """A whole record, checked by two validators, that proves a break."""

    instance: object
    direction: Literal["backward", "forward"] = Field(
        description="`backward`: the old version takes it and the new one refuses it; `forward`: "
        "the reverse."
    )
    valid_before: bool
    valid_after: bool


class SuggestionView(View):
    """A way round a break, compared again before it was offered."""

    sentence: str
    document: str = Field(description="Which document of the new schema; empty for the only one.")
    patch: list[dict[str, object]] = Field(description="A JSON Patch (RFC 6902) of that document.")


class ChangeView(View):
    """One difference between two contracts."""

    kind: ChangeKind
    path: str = Field(description="The field it is about; empty for the whole.")
    before: object
    after: object
    breaks_backward: bool = Field(description="The new version cannot read what the old one wrote.")
    breaks_forward: bool = Field(description="The old version cannot read what the new one writes.")
    undecided: bool = Field(description="Could not be proved harmless, so it counts as breaking.")
    gating: bool = Field(description="Needs the consent of those whom it touches.")
    group: Group = Field(
        description="What becomes of it: who reads the field is asked, or told, or neither."
    )
    sentence: str
    also: list[str] = Field(description="Other fields at which the same change arrives.")
    witness: WitnessView | None = Field(None, description="Only if it was asked for and found.")
    suggestion: SuggestionView | None = Field(None, description="The same for a way round.")

    @classmethod
    def of(cls, change: Change, *, gating: bool) -> "ChangeView":
        """Return the view of a change."""
        wire: dict[str, JSON] = change.to_wire()
        return cls.model_validate(
            {**wire, "gating": gating, "group": group_of(change, gates=gating)}
        )

    def beside(self, witness: Witness | None, suggestion: Suggestion | None) -> "ChangeView":
        """Return this view with what was found about the change."""
        return self.model_copy(
            update={
                "witness": witness and WitnessView.model_validate(witness.to_wire()),
                "suggestion": suggestion and SuggestionView.model_validate(suggestion.to_wire()),
            }
        )
