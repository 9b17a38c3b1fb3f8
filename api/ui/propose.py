"""Proposing by form: a schema is entered, what it would do is shown, then it is done.

Publishing is the API's own (`record/contracts.py`), under the asset's lock. What the form showed is
sent with it: where the record has moved on meanwhile nothing is done, and the page shows it anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import problems, publications
from api.call import Call, May
from api.once import Answer, answered
from api.ui.entered import Entered, Rejected, wrong
from api.ui.foreseen import Foreseen, agreed, check_agreed, drafted, foresee, foreseen_first
from api.ui.rendering import page as rendered_page
from api.ui.routing import PageRoute
from api.ui.schema_entry import draft_of, entered_schema, prefilled
from domain.assets import DEFAULT_ENVIRONMENT, Asset, AssetFilter, AssetPolicy
from domain.authorization import Resource, allows, authorize
from domain.errors import InvalidRequest, TesseraError
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.permissions import Action
from domain.teams import Team
from record import first_contracts, lookup
from record.assets import NewAsset
from record.comparison import Parsed
from record.contracts import Published
from record.first_contracts import Begun
from store.database import Runner
from store.publications import Base
from store.transaction import Transaction

PATH = "/propose"
_LISTED = 30
_FIELDS = {
    "invalid_schema": "schema",
    "comparison_too_large": "schema",
    "invalid_guarantees": "guarantees",
    "invalid_version": "version",
    "version_taken": "version",
}
"""Which field a refusal is about that does not name one."""

router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)
Publisher = Annotated[Call, Depends(May(Action.PUBLISH, "contracts"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An asset that was found, and whether who looks may publish for its team."""

    asset: Asset
    owner: Team
    may_publish: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePage:
    """The assets to choose from."""

    text: str
    choices: Sequence[Choice]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """The form: of an asset, or of a new one, whose owner is one of `teams`."""

    asset: Asset | None
    owner: Team | None = None
    active_version: str | None = None
    teams: Sequence[Team] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    too_long: bool = False
    """Whether the active schema is too long to go on from in the field."""
    foreseen: Foreseen | None = None
    refusal: Rejected | None = None
    was_sent: bool = False
    """Whether it was refused when it was to be done, and not when it was looked at."""


@router.get("")
async def choose(call: Publisher, asset: str = "", q: str = "") -> HTMLResponse:
    """Show the form of an asset, or find the asset."""
    if asset:
        return await _form(call, asset)
    text = q.strip()[:200]
    found = await call.resources.database.run(lambda tx: _choices(tx, call, text))
    return rendered_page(call.request, "propose_choose.html", {"page": found})


@router.get("/new")
async def first(call: Publisher, fqn: str = "", environment: str = "") -> HTMLResponse:
    """Show the form of a new asset."""
    teams = await call.resources.database.read(lambda tx: _teams(tx, call))
    values = {
        "fqn": fqn,
        "environment": environment or DEFAULT_ENVIRONMENT,
        "team": teams[0].name if len(teams) == 1 else "",
    }
    return _shown(call, FormPage(asset=None, teams=teams, values=values))


@router.post("/preview")
async def preview(call: Publisher) -> HTMLResponse:
    """Show what it would do; nothing is done, and what was entered stays."""
    entered = await entered_schema(call.request, "propose")
    page, _ = await _looked_at(call, entered)
    return _shown(call, page)


@router.post("")
async def publish(call: Publisher) -> Response:
    """Publish or propose what was entered, if that does what the form showed."""
    entered = await entered_schema(call.request, "propose")
    try:
        answer = await _published(call, entered)
    except TesseraError as error:
        problem = problems.problem_of(error)
        if problem.status >= 500 or error.extra.get("noun") == "asset":
            raise
        page, refused = await _looked_at(call, entered)
        refusal = refused or _refusal(entered, error)
        page = replace(page, refusal=refusal, was_sent=True)
        return _shown(call, page, problem.status)
    return RedirectResponse(answer.body, 303)


# --- choosing ---------------------------------------------------------------------------------


async def _choices(tx: Transaction, call: Call, text: str) -> ChoicePage:
    """Return what the words find, or without any one's own assets."""
    principal = call.principal
    more = False
    if text:
        page = await tx.asset_search.page(PageRequest(limit=_LISTED), AssetFilter(text=text))
        found, more = page.items, page.next is not None
    elif principal.may_all:
        page = await tx.assets.page(PageRequest(limit=_LISTED), AssetFilter())
        found, more = page.items, page.next is not None
    else:
        own = await tx.assets.of_owners(principal.teams_for(Action.PUBLISH), _LISTED + 1)
        found, more = own[:_LISTED], len(own) > _LISTED
    choices = [
        Choice(asset=asset, owner=owner, may_publish=_may_publish(call, owner))
        for asset, owner in found
    ]
    choices.sort(key=lambda each: not each.may_publish)
    return ChoicePage(text=text, choices=choices, more=more)


async def _teams(tx: Transaction, call: Call) -> Sequence[Team]:
    """Return the teams for which a new asset may be made; for administrators the newest ones."""
    if call.principal.may_all:
        found = list((await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))).items)
    else:
        own = await tx.teams.by_id(call.principal.teams_for(Action.CREATE_ASSET))
        found = [team for team in own.values() if team.deleted_at is None]
    return sorted(found, key=lambda team: team.name.casefold())


def _may_publish(call: Call, owner: Team) -> bool:
    return allows(call.principal, Action.PUBLISH, _contracts_of(owner))


def _contracts_of(owner: Team) -> Resource:
    return Resource(noun="contracts", team_id=owner.id)


def _assets_of(owner: Team) -> Resource:
    return Resource(noun="assets", team_id=owner.id)


# --- the form ---------------------------------------------------------------------------------


async def _form(call: Call, asset: str) -> HTMLResponse:
    base = await _base(call, asset)
    if base.active is None:
        return _shown(call, _page_of(base, values={}))
    values = prefilled(base.active.content)
    return _shown(call, _page_of(base, values=values, too_long="schema" not in values))


async def _base(call: Call, asset: str) -> Base:
    """Return the asset as it stands; raises `Forbidden` for who may not publish for its team."""
    try:
        asset_id = UUID(asset)
    except ValueError:
        raise InvalidRequest("This is not the id of an asset.") from None
    base = await call.resources.database.read(lambda tx: tx.publications.base(asset_id))
    base = lookup.found(base, "asset", asset_id)
    authorize(call.principal, Action.PUBLISH, _contracts_of(base.owner))
    return base


def _page_of(base: Base, *, values: Mapping[str, str], too_long: bool = False) -> FormPage:
    return FormPage(
        asset=base.asset,
        owner=base.owner,
        active_version=None if base.active is None else base.active.version,
        values=values,
        too_long=too_long,
    )


async def _looked_at(call: Call, entered: Entered) -> tuple[FormPage, Rejected | None]:
    """Return the form as it was entered with what it would do, or with what is wrong."""
    asset = entered.values.get("asset", "")
    if asset:
        page = _page_of(await _base(call, asset), values=entered.values)
    else:
        teams = await call.resources.database.read(lambda tx: _teams(tx, call))
        page = FormPage(asset=None, teams=teams, values=entered.values)
    try:
        if page.asset is None:
            parsed, _ = await _first_draft(call, entered)
            return replace(page, foreseen=foreseen_first(parsed, entered.text("version"))), None
        draft = await drafted(call, page.asset.id, entered)
        return replace(page, foreseen=await foresee(call, draft)), None
    except TesseraError as error:
        if problems.problem_of(error).status >= 500:
            raise
        refusal = _refusal(entered, error)
        return replace(page, refusal=refusal), refusal


def _refusal(entered: Entered, error: TesseraError) -> Rejected:
    refusal = Rejected.of(entered, problems.problem_of(error).title, error)
    name = _FIELDS.get(error.code)
    if name is not None and not refusal.fields:
        refusal = replace(refusal, fields={name: error.detail})
    return refusal


def _shown(call: Call, page: FormPage, status: int = 200) -> HTMLResponse:
    template = "propose_parts.html" if _is_typing(call.request) else "propose.html"
    return rendered_page(call.request, template, {"page": page}, status)


def _is_typing(request: Request) -> bool:
    """Whether our script asks, which puts parts of the answer into the page that is there."""
    return request.headers.get("sec-fetch-dest") == "empty"


# --- doing it ---------------------------------------------------------------------------------


async def _first_draft(call: Call, entered: Entered) -> tuple[Parsed, NewAsset]:
    name = entered.text("team") or ""
    owner = await call.resources.database.read(lambda tx: tx.teams.named(name))
    if owner is None or not allows(call.principal, Action.CREATE_ASSET, _assets_of(owner)):
        raise wrong("team", "Name a team for which you may make assets.")
    new = NewAsset(
        fqn=entered.values.get("fqn", ""),
        environment=entered.text("environment") or DEFAULT_ENVIRONMENT,
        owner_team_id=owner.id,
    )
    draft = await draft_of(call, entered)
    parsed, _ = await call.resources.comparer.drafted((), draft, AssetPolicy().content_model)
    return parsed, new


async def _published(call: Call, entered: Entered) -> Answer:
    asset = entered.values.get("asset", "")
    if not asset:
        return await _begun(call, entered)
    base = await _base(call, asset)
    draft = await drafted(call, base.asset.id, entered)

    async def effect(runner: Runner) -> Published:
        return await publications.publish(call, runner, draft.publication, draft.compared)

    async def render(_tx: Transaction, published: Published) -> Answer:
        if published.contract is not None or published.opened is not None:
            check_agreed(entered, agreed(published.verdict, published.asked))
        return _leads_to(base.asset, published)

    return await answered(call, entered.key(call), effect, render)


async def _begun(call: Call, entered: Entered) -> Answer:
    parsed, new = await _first_draft(call, entered)
    resources = call.resources

    async def effect(runner: Runner) -> Begun:
        return await first_contracts.begin(
            resources.database,
            runner,
            resources.comparer,
            call.caller,
            new,
            parsed,
            resources.timeline,
            requested_version=entered.text("version"),
        )

    async def render(_tx: Transaction, begun: Begun) -> Answer:
        check_agreed(entered, agreed(begun.published.verdict, begun.published.asked))
        return _leads_to(begun.asset, begun.published)

    return await answered(call, entered.key(call), effect, render)


def _leads_to(asset: Asset, published: Published) -> Answer:
    if published.proposal is not None:
        said = "?said=proposed" if published.opened is not None else ""
        return Answer(status=303, body=f"/proposals/{published.proposal.id}{said}")
    return Answer(status=303, body=f"/assets/{asset.id}?said=published")
