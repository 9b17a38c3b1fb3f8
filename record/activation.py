"""Making a content the active version of an asset: the one place where that happens."""

from collections.abc import Iterable

from domain.actors import Caller
from domain.assets import Asset
from domain.contracts import Contract, ContractContent
from domain.errors import VersionTaken
from domain.events import EventType, NewEvent
from domain.fields import Field
from domain.proposals import Proposal
from domain.registrations import Registration
from record import events
from store.transaction import Transaction


async def activate(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    *,
    version: str,
    content: ContractContent,
    fields: tuple[Field, ...],
    registrations: Iterable[Registration],
    proposal: Proposal | None = None,
) -> Contract:
    """Deprecate the active version and insert the new one, under the asset's lock.

    Raises `VersionTaken` before anything is written.
    """
    if await tx.contracts.has_version(asset.id, version):
        raise VersionTaken(f"{asset.fqn} has a version {version} already.", version=version)
    before = await tx.contracts.deprecate_active(asset.id)
    contract = await tx.contracts.insert_active(
        asset_id=asset.id,
        version=version,
        content=content,
        fields=fields,
        proposal_id=None if proposal is None else proposal.id,
        published_by=caller.actor if proposal is None else proposal.proposed_by,
    )
    await _tell(tx, caller, asset, contract, before, registrations, proposal)
    return contract


async def _tell(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    contract: Contract,
    before: str | None,
    registrations: Iterable[Registration],
    proposal: Proposal | None,
) -> None:
    if before is not None:
        await events.append(tx, _deprecated(caller, asset, before))
    consumers = {registration.consumer_team_id for registration in registrations}
    await events.append(
        tx,
        NewEvent(
            type=EventType.CONTRACT_PUBLISHED,
            caller=caller,
            summary=f"{asset.fqn} {contract.version} is published.",
            asset_id=asset.id,
            proposal_id=None if proposal is None else proposal.id,
            team_id=asset.owner_team_id,
            payload={
                "contract_id": str(contract.id),
                "version": contract.version,
                "replaces": before,
                "before": None if before is None else {"active_version": before},
                "after": {
                    "active_version": contract.version,
                    "content_hash": contract.content_hash,
                },
            },
            audience=tuple(sorted({asset.owner_team_id, *consumers})),
            notifies=True,
        ),
    )


def _deprecated(caller: Caller, asset: Asset, version: str) -> NewEvent:
    return NewEvent(
        type=EventType.CONTRACT_DEPRECATED,
        caller=caller,
        summary=f"{asset.fqn} {version} is deprecated.",
        asset_id=asset.id,
        payload={
            "version": version,
            "before": {"version": version, "status": "active"},
            "after": {"version": version, "status": "deprecated"},
        },
    )
