"""Records that break and ways round beside changes, for those who ask: each costs a search."""

import json
from collections.abc import Hashable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.call import Call
from api.once import Answer
from api.views import ChangeView
from domain.assets import Asset
from domain.changes import Change
from domain.comparison import Evidence, Question
from domain.compatibility import ContentModel, Mode
from domain.contracts import Contract, ContractContent
from domain.proposals import Proposal
from record import lookup
from record.drafts import Publication
from store.transaction import Transaction


class Wanted(StrEnum):
    """What may stand beside a change."""

    WITNESSES = "witnesses"
    SUGGESTIONS = "suggestions"


Include = Annotated[
    list[Wanted] | None,
    Query(
        description="Beside the first 20 changes that break: `witnesses`, a record that proves it, "
        "and `suggestions`, a way round. May be repeated."
    ),
]


def question(include: Sequence[Wanted] | None, mode: Mode, model: ContentModel) -> Question:
    """Return what is asked of the engine."""
    return Question(
        mode=mode,
        content_model=model,
        with_witnesses=Wanted.WITNESSES in (include or ()),
        with_suggestions=Wanted.SUGGESTIONS in (include or ()),
    )


async def evidence_of(
    call: Call,
    asked: Question,
    old: ContractContent | None,
    new: ContractContent,
    changes: Sequence[Change],
    key: Hashable | None = None,
) -> Evidence:
    """Search if anything is asked for and there is something to compare with."""
    if old is None or not asked.wants_any:
        return Evidence()
    return await call.resources.comparer.evidence(old.schema, new.schema, changes, asked, key)


async def evidence_of_proposal(
    call: Call, include: Sequence[Wanted] | None, proposal_id: UUID
) -> Evidence:
    """Search by what the proposal compares, whoever asks and however often."""
    if not include:
        return Evidence()

    async def work(tx: Transaction) -> tuple[Proposal, ContractContent | None]:
        proposal = await lookup.proposal(tx, proposal_id)
        if proposal.base_contract_id is None:
            return proposal, None
        return proposal, (await lookup.contract(tx, proposal.base_contract_id)).content

    proposal, base = await call.resources.database.read(work)
    return await call.resources.comparer.evidence_of_proposal(
        proposal,
        base,
        witnesses=Wanted.WITNESSES in include,
        suggestions=Wanted.SUGGESTIONS in include,
    )


async def evidence_of_preview(
    call: Call, include: Sequence[Wanted], publication: Publication, changes: Sequence[Change]
) -> Evidence:
    """Search by what is active now and the asset's policy."""

    async def work(tx: Transaction) -> tuple[Asset, Contract | None]:
        asset = await lookup.asset(tx, publication.asset_id)
        return asset, await tx.contracts.active(asset.id)

    asset, active = await call.resources.database.read(work)
    asked = question(include, asset.policy.mode, asset.policy.content_model)
    old = None if active is None else active.content
    return await evidence_of(call, asked, old, publication.content, changes)


async def beside_answer(call: Call, include: Sequence[Wanted] | None, answer: Answer) -> Answer:
    """Return the answer to a publication with the evidence of the proposal that it became."""
    sent = json.loads(answer.body) if include else {}
    if sent.get("proposal") is None:
        return answer
    found = await evidence_of_proposal(call, include, UUID(sent["proposal"]["id"]))
    proposed = sent["proposal"]["changes"]
    is_same = [change["sentence"] for change in proposed] == [
        change["sentence"] for change in sent["changes"]
    ]
    for changes in (proposed, sent["changes"]) if is_same else (proposed,):
        for place, change in enumerate(changes):
            change.update(found.to_wire(place))
    return replace(answer, body=json.dumps(sent, ensure_ascii=False))


def beside(views: Sequence[ChangeView], evidence: Evidence) -> list[ChangeView]:
    """Return the views with what was found about them."""
    return [
        view.beside(evidence.witnesses.get(place), evidence.suggestions.get(place))
        for place, view in enumerate(views)
    ]
