"""Comparing two documents that are nobody's: read-only, and the same as `tessera diff`."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.evidence import Wanted, question
from api.json_bodies import Body
from api.once import Key
from api.routing import TesseraRoute
from api.views import ChangeView, View
from domain.comparison import Comparison
from domain.compatibility import ContentModel, Mode
from domain.json_values import JSON
from domain.permissions import Action
from domain.schemas import JSON_SCHEMA

router = APIRouter(tags=["contracts"], route_class=TesseraRoute)

_OLD = {"type": "object", "properties": {"id": {"type": "integer"}, "email": {"type": "string"}}}
_NEW = {"type": "object", "properties": {"id": {"type": "integer"}}}
_MOST_WANTED = len(Wanted)


class CompareBody(Body):
    """Two schemas, and by what policy to look at their differences."""

    old: object = Field(examples=[_OLD])
    new: object = Field(examples=[_NEW])
    old_imports: dict[str, object] = Field(
        default={}, description="What `old` refers to, by URI. Nothing is ever fetched."
    )
    new_imports: dict[str, object] = Field(default={}, description="What `new` refers to, by URI.")
    format: str = Field(JSON_SCHEMA, description="The schemas' language.")
    draft: str | None = Field(
        None,
        description="Of JSON Schema, whatever the documents say: `draft-07`, `2020-12`, …. "
        "Default: their `$schema`, else 2020-12.",
    )
    mode: Mode = Mode.BACKWARD
    content_model: ContentModel = ContentModel.CLOSED
    include: list[Wanted] = Field(
        default=[], max_length=_MOST_WANTED, description="What to search for beside the changes."
    )


class VerdictView(View):
    """The schema language's own word; null is undecided."""

    backward: bool | None
    forward: bool | None
    full: bool | None
    why: str


class ComparisonView(View):
    """What changes from one document to the other, and what the mode would make of it."""

    mode: Mode
    content_model: ContentModel
    identical: bool
    gating: bool = Field(description="Whether anything would ask for consent under this mode.")
    verdict: VerdictView = Field(description="The language's own, which knows no mode.")
    changes: list[ChangeView]

    @classmethod
    def of(cls, compared: Comparison) -> "ComparisonView":
        """Return the view of a comparison."""
        return cls.model_validate(compared.to_wire())


@router.post("/compare", summary="Compare two documents")
async def compare_documents(
    call: Annotated[Call, Depends(May(Action.COMPARE, "comparisons"))],
    key: Key,
    body: CompareBody,
) -> ComparisonView:
    """Writes nothing and belongs to no asset; what an asset's policy says is a property of it.

    Bounded in time and memory: what takes more is `comparison_too_large`.
    """
    del key  # the answer follows from the body alone
    compared = await call.resources.comparer.compare(
        cast("dict[str, JSON]", {**body.old_imports, "": body.old}),
        cast("dict[str, JSON]", {**body.new_imports, "": body.new}),
        format=body.format,
        draft=body.draft,
        question=question(body.include, body.mode, body.content_model),
    )
    return ComparisonView.of(compared)
