"""Contracts: publishing a version of an asset, and reading the versions there are."""

import json
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator

from api import evidence, publications, waiting
from api.call import Call, May
from api.contract_views import (
    ContractDetailView,
    ContractView,
    PreviewView,
    PublicationView,
    asked_views,
    change_views,
    told_views,
)
from api.json_bodies import Body, Moment
from api.once import Answer, Key, answered, kept_answer
from api.paging import Paging
from api.proposal_views import ProposalView, opened_view, proposal_view
from api.routing import TesseraRoute
from api.views import PageView
from api.waiting import Wait, applied, wait_for
from domain.contracts import Contract, ContractStatus
from domain.errors import ProposalOpen
from domain.json_values import JSON
from domain.pages import Page
from domain.permissions import Action
from domain.publication import PublishAction
from domain.schemas import JSON_SCHEMA
from domain.timeline import checked_overrides
from record import contracts, drafts, lookup
from record.comparison import Draft
from record.contracts import Published
from record.drafts import Compared, Publication
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(tags=["contracts"], route_class=TesseraRoute)

_STATUS = {
    PublishAction.PUBLISHED: 201,
    PublishAction.UNCHANGED: 200,
    PublishAction.PROPOSED: 202,
}
_EXAMPLE = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "email": {"type": "string"}},
    "required": ["id"],
}


class Include(StrEnum):
    """What a listing may carry besides the brief view."""

    SCHEMA = "schema"


class NewContractBody(Body):
    """A schema, or a bundle of documents of which one is the schema."""

    content: object = Field(None, alias="schema", examples=[_EXAMPLE])
    documents: dict[str, object] | None = Field(
        None, description="By URI: a schema and what it refers to. Nothing is ever fetched."
    )
    root: str | None = Field(
        None, description="Which of the documents is the schema; needed if there are several."
    )
    format: str = Field(JSON_SCHEMA, description="The schema's language.")
    version: str | None = Field(
        None, description="A semantic version greater than the active one.", examples=["2.0.0"]
    )
    timeline: dict[str, object] = Field(
        default={},
        description="For a proposal alone: more time or notice than the asset's policy gives.",
        examples=[{"deadline": "21d"}],
    )
    publish_at: Moment | None = Field(
        None,
        description="Publish at this time and not before; until then it waits as a proposal, "
        "a compatible change too.",
    )
    guarantees: dict[str, object] | None = Field(
        None,
        examples=[{"nullability": {"email": "never"}, "unique": ["id"]}],
        description="Promises about the data.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewContractBody":
        if (self.content is None) == (self.documents is None):
            raise ValueError("needs either `schema` or `documents`")
        return self

    def draft(self) -> Draft:
        """Return what is to be read and compared."""
        return Draft(
            format=self.format,
            schema=cast("JSON", self.content),
            documents=cast("dict[str, JSON] | None", self.documents),
            root=self.root,
            guarantees=self.guarantees,
        )


@router.post(
    "/assets/{asset_id}/contracts",
    status_code=201,
    response_model=PublicationView,
    responses={
        200: {"model": PreviewView | PublicationView, "description": "Unchanged, or a dry run."},
        202: {"model": PublicationView, "description": "Proposed: consumers are asked."},
    },
    summary="Publish a contract",
)
async def publish_contract(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "contracts"))],
    key: Key,
    wait: Wait,
    asset_id: UUID,
    body: NewContractBody,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    include: evidence.Include = None,
) -> Response:
    """Published at once if nobody is broken by it, proposed to those who are.

    With `publish_at` it is always a proposal, which publishes then.

    The asset's policy decides, never the request. The same content again is `unchanged`, or gives
    the proposal that is open for it; other content while one is open is a `proposal_open`. With
    `Prefer: wait` the answer shows what the proposal has come to.
    """
    if dry_run:
        return await _preview(call, *await _drafted(call, asset_id, body), include)

    answer = await kept_answer(call, key) or await _published(call, key, asset_id, body)
    answer = await _awaited(call, answer, wait)
    response = (await evidence.beside_answer(call, include, answer)).response()
    response.headers.update(applied(wait))
    return response


async def _published(call: Call, key: Key, asset_id: UUID, body: NewContractBody) -> Answer:
    publication = await _drafted(call, asset_id, body)

    async def effect(runner: Runner) -> Published:
        return await publications.publish(call, runner, *publication)

    async def render(tx: Transaction, published: Published) -> Answer:
        view = await _publication(tx, call, published)
        return Answer(status=_STATUS[view.action], body=view.model_dump_json())

    return await answered(call, key, effect, render)


async def _drafted(
    call: Call, asset_id: UUID, body: NewContractBody
) -> tuple[Publication, Compared]:
    publication, compared = await drafts.drafted(
        call.resources.database,
        call.resources.comparer,
        asset_id,
        body.draft(),
        body.version,
        timeline=checked_overrides(body.timeline),
    )
    return replace(publication, publish_at=body.publish_at), compared


async def _publication(tx: Transaction, call: Call, published: Published) -> PublicationView:
    verdict, contract = published.verdict, published.contract
    return PublicationView(
        action=verdict.action,
        version=verdict.version,
        contract=None if contract is None else ContractView.of(contract),
        proposal=await _proposal(tx, call, published),
        changes=change_views(verdict),
        told=told_views(published.told, published.teams),
        base_moved_proposal=None if published.moved is None else published.moved.id,
    )


async def _proposal(tx: Transaction, call: Call, published: Published) -> ProposalView | None:
    """Show the proposal; only one that stood before has to be read."""
    if published.opened is not None:
        told = [published.teams[each.team_id] for each in published.told]
        return opened_view(call.resources, published.opened, told)
    if published.proposal is not None:
        return await proposal_view(tx, call.resources, published.proposal.id)
    return None


async def _awaited(call: Call, answer: Answer, wait: float | None) -> Answer:
    """Return the answer with the proposal as it stands once it was waited for."""
    sent = json.loads(answer.body) if wait is not None else {}
    if wait is None or sent["proposal"] is None:
        return answer
    proposal_id = UUID(sent["proposal"]["id"])
    await wait_for(call, proposal_id, waiting.decided, wait)

    async def work(tx: Transaction) -> dict[str, object]:
        contract = await tx.contracts.of_proposal(proposal_id)
        view = await proposal_view(tx, call.resources, proposal_id)
        return {
            "proposal": view.model_dump(mode="json"),
            "contract": contract and ContractView.of(contract).model_dump(mode="json"),
        }

    now = await call.resources.database.read(work)
    return replace(answer, body=json.dumps({**sent, **now}, ensure_ascii=False))


async def _preview(
    call: Call, publication: Publication, compared: Compared, include: evidence.Include
) -> Response:
    """Show what would happen; an open proposal stands in the way only of other content."""
    resources = call.resources
    published = await contracts.preview(
        resources.database,
        publication,
        compared,
        resources.timeline,
        observe=resources.observe,
        server=resources.server_policy,
    )
    proposes = published.verdict.action is PublishAction.PROPOSED
    publishes = published.verdict.action is PublishAction.PUBLISHED
    standing = published.proposal
    refused = (
        proposes
        and standing is not None
        and standing.content_hash != publication.content.content_hash
    )

    async def work(tx: Transaction) -> PreviewView:
        shown = replace(published, proposal=standing if proposes else None)
        view = await _publication(tx, call, shown)
        return PreviewView(
            **dict(view) | {"base_moved_proposal": standing.id if standing and publishes else None},
            would_ask=asked_views(published.asked, published.teams),
            would_tell=told_views(published.told, published.teams),
            would_refuse=ProposalOpen.code if refused else None,
        )

    view = await resources.database.read(work)
    if include:
        found = await evidence.evidence_of_preview(
            call, include, publication, published.verdict.changes
        )
        view = view.model_copy(update={"changes": evidence.beside(view.changes, found)})
    return Response(view.model_dump_json(), media_type="application/json")


@router.get(
    "/assets/{asset_id}/contracts",
    response_model=PageView[ContractDetailView] | PageView[ContractView],
    summary="List an asset's contracts",
)
async def list_contracts(
    call: Annotated[Call, Depends(May(Action.READ, "contracts"))],
    page: Paging,
    asset_id: UUID,
    status: Annotated[ContractStatus | None, Query(description="Only in this state.")] = None,
    include: Annotated[Include | None, Query(description="With their content.")] = None,
) -> PageView[ContractDetailView] | PageView[ContractView]:
    """Newest first, without their content unless `include=schema`."""

    async def work(tx: Transaction) -> Page[Contract]:
        await lookup.asset(tx, asset_id)
        return await tx.contracts.page(page, asset_id=asset_id, status=status)

    found = await call.resources.database.read(work)
    if include is Include.SCHEMA:
        return PageView[ContractDetailView].of(found, ContractDetailView.of)
    return PageView[ContractView].of(found, ContractView.of)


@router.get("/contracts/{contract_id}", summary="Get a contract")
async def get_contract(
    call: Annotated[Call, Depends(May(Action.READ, "contracts"))], contract_id: UUID
) -> ContractDetailView:
    """One version with its schema, guarantees and fields."""

    async def work(tx: Transaction) -> Contract:
        return await lookup.contract(tx, contract_id)

    return ContractDetailView.of(await call.resources.database.read(work))
