"""What changes between two versions of an asset."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.call import Call, May
from api.evidence import Include, beside, evidence_of, question
from api.routing import TesseraRoute
from api.views import ChangeView, View
from domain.assets import Asset
from domain.changes import Change
from domain.comparison import Evidence
from domain.contracts import Contract
from domain.errors import InvalidRequest
from domain.permissions import Action
from record import lookup, observations
from store.transaction import Transaction

router = APIRouter(tags=["contracts"], route_class=TesseraRoute)

ACTIVE = "active"


class DiffView(View):
    """The changes from one version to another; whether they gate is the asset's policy's."""

    asset_id: UUID
    from_version: str
    to_version: str
    from_contract_id: UUID
    to_contract_id: UUID
    identical: bool
    gating: bool
    changes: list[ChangeView]


@router.get("/contracts/{contract_id}/diff", summary="Compare a contract with another version")
async def diff_contract(
    call: Annotated[Call, Depends(May(Action.READ, "contracts"))],
    contract_id: UUID,
    against: Annotated[
        str, Query(description="A contract's id, a version, or `active`.", max_length=200)
    ] = ACTIVE,
    include: Include = None,
) -> DiffView:
    """What changes from `against` to this contract."""

    async def work(tx: Transaction) -> tuple[Asset, Contract, Contract]:
        contract = await lookup.contract(tx, contract_id)
        other = await _other(tx, contract, against)
        asset = await lookup.asset(tx, contract.asset_id)
        return await as_it_counts(call, tx, asset), other, contract

    return await _diff(call, include, *await call.resources.database.read(work))


@router.get("/assets/{asset_id}/diff", summary="Compare two versions of an asset")
async def diff_versions(
    call: Annotated[Call, Depends(May(Action.READ, "contracts"))],
    asset_id: UUID,
    old: Annotated[str, Query(alias="from", description="A version, or `active`.", max_length=200)],
    new: Annotated[
        str, Query(alias="to", description="A version, or `active`.", max_length=200)
    ] = ACTIVE,
    include: Include = None,
) -> DiffView:
    """What changes from one to the other."""

    async def work(tx: Transaction) -> tuple[Asset, Contract, Contract]:
        return (
            await as_it_counts(call, tx, await lookup.asset(tx, asset_id)),
            await lookup.contract_of_version(tx, asset_id, old),
            await lookup.contract_of_version(tx, asset_id, new),
        )

    return await _diff(call, include, *await call.resources.database.read(work))


async def as_it_counts(call: Call, tx: Transaction, asset: Asset) -> Asset:
    """Return the asset with what counts for it, whoever says it."""
    observes = await observations.observes(tx, asset, call.resources.observe)
    return replace(asset, policy=replace(asset.policy, observe=observes))


async def _other(tx: Transaction, contract: Contract, against: str) -> Contract:
    try:
        other_id = UUID(against)
    except ValueError:
        return await lookup.contract_of_version(tx, contract.asset_id, against)
    other = await lookup.contract(tx, other_id)
    if other.asset_id != contract.asset_id:
        raise InvalidRequest(
            "The two contracts are of different assets.",
            errors=[{"path": "against", "message": "is of another asset"}],
        )
    return other


async def compared(
    call: Call, asset: Asset, old: Contract, new: Contract
) -> tuple[Sequence[Change], Sequence[ChangeView]]:
    """Compare outside of any transaction, in a child process; the asset is as it counts."""
    policy = asset.policy
    changes = await call.resources.comparer.changes(
        [(old.version, old.content)], new.content, policy.content_model
    )
    return changes, [
        ChangeView.of(change, gating=not policy.observe and policy.mode.gates(change))
        for change in changes
    ]


async def evidence_between(
    call: Call,
    include: Include,
    asset: Asset,
    old: Contract,
    new: Contract,
    changes: Sequence[Change],
) -> Evidence:
    """Search for what is asked for; the same search for all who ask the same."""
    asked = question(include, asset.policy.mode, asset.policy.content_model)
    key = (old.id, new.id, asked)
    return await evidence_of(call, asked, old.content, new.content, changes, key)


async def _diff(
    call: Call, include: Include, asset: Asset, old: Contract, new: Contract
) -> DiffView:
    changes, views = await compared(call, asset, old, new)
    found = await evidence_between(call, include, asset, old, new, changes)
    return DiffView(
        asset_id=asset.id,
        from_version=old.version,
        to_version=new.version,
        from_contract_id=old.id,
        to_contract_id=new.id,
        identical=old.content_hash == new.content_hash,
        gating=any(view.gating for view in views),
        changes=beside(views, found),
    )
