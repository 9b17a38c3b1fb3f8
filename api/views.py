"""Answers' shapes that more than one noun uses."""

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from domain.assets import Asset
from domain.changes import Change, ChangeKind
from domain.json_values import JSON
from domain.pages import Page
from domain.teams import Team

ItemT = TypeVar("ItemT")
V = TypeVar("V", bound="View")


class View(BaseModel):
    """Base of all answers; times are ISO 8601 in UTC."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


def rendered(view: View) -> Response:
    """Return a view as it goes out: written once, and not checked again against what it is."""
    return Response(view.model_dump_json(), media_type="application/json")


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
    sentence: str
    also: list[str] = Field(description="Other fields at which the same change arrives.")

    @classmethod
    def of(cls, change: Change, *, gating: bool) -> "ChangeView":
        """Return the view of a change."""
        wire: dict[str, JSON] = change.to_wire()
        return cls.model_validate({**wire, "gating": gating})
