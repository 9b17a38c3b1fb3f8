"""Whether workflow, record and log agree on a release, and on the end of an old version."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.contracts import Contract, ContractStatus
from domain.events import Event, EventFilter, EventType
from domain.pages import PageRequest
from domain.proposals import Cause, Proposal, ProposalStatus
from domain.releases import Release, ReleaseStatus
from domain.retirements import RetirementStatus
from record import windows
from record.windows import RetirementDetail
from store.database import Database
from store.transaction import Transaction
from tests.e2e.stack import Stack

_ENDS = {
    EventType.CONTRACT_RETIRED: RetirementStatus.RETIRED,
    EventType.RETIREMENT_CANCELLED: RetirementStatus.CANCELLED,
}


async def result_of(stack: Stack, workflow_id: str, within: float) -> str:
    """Wait for the end of a workflow; a run that a late wake started gives the same."""
    handle = stack.temporal.get_workflow_handle(workflow_id, result_type=str)
    return await asyncio.wait_for(handle.result(), timeout=within)


async def check_release(database: Database, release_id: str) -> str:
    """It has ended, and all of it was published by one transaction, or none of it."""

    async def work(tx: Transaction) -> tuple[Release, Sequence[Proposal], list[Event]]:
        release = await tx.releases.get(UUID(release_id))
        assert release is not None
        standing = (await tx.releases.standing([release.id], await tx.now()))[release.id]
        members = await tx.proposals.these([each.proposal_id for each in standing.members])
        ends = [
            event
            for each in members
            for event in await _events(tx, EventFilter(proposal_id=each.id))
            if event.type in (EventType.PROPOSAL_PUBLISHED, EventType.CONTRACT_PUBLISHED)
        ]
        return release, members, ends

    release, members, ends = await database.run(work)
    statuses = Counter(each.status for each in members)
    assert release.ended_at is not None
    if release.status is ReleaseStatus.PUBLISHED:
        assert set(statuses) == {ProposalStatus.PUBLISHED}
        assert len({event.cursor.transaction for event in ends}) == 1
    else:
        assert not statuses[ProposalStatus.PUBLISHED]
        assert not ends
        assert not any(each.status.is_open for each in members)
    if release.status is ReleaseStatus.FAILED:
        (by,) = [each for each in members if each.id == release.failed_proposal_id]
        assert by.cause not in (Cause.RELEASE_FAILED, Cause.RELEASE_CANCELLED)
    return release.status.value


async def ends_of_old_versions(
    stack: Stack, database: Database, proposal_ids: Sequence[str], within: float
) -> Counter[str]:
    """Wait for every end of a version that these proposals replaced, and check each of them."""

    async def work(tx: Transaction) -> list[UUID]:
        replaced = await tx.proposals.these([UUID(each) for each in proposal_ids])
        bases = [each.base_contract_id for each in replaced if each.base_contract_id]
        return list(await tx.retirements.by_id(bases))

    contract_ids = await database.run(work)
    results = await asyncio.gather(
        *(result_of(stack, f"retirement-{contract_id}", within) for contract_id in contract_ids)
    )
    for contract_id, result in zip(contract_ids, results, strict=True):
        await _check_end(database, contract_id, result)
    return Counter(results)


async def _check_end(database: Database, contract_id: UUID, result: str) -> None:
    async def work(tx: Transaction) -> tuple[RetirementDetail, Contract | None, list[Event]]:
        detail = await windows.load_one(tx, contract_id)
        said = await _events(tx, EventFilter(asset_id=detail.asset.id))
        about = [event for event in said if event.payload.get("contract_id") == str(contract_id)]
        of_it = [event for event in about if event.type.value.startswith("retirement.")]
        return detail, await tx.contracts.get(contract_id), of_it

    detail, contract, events = await database.run(work)
    retirement = detail.retirement
    assert result == retirement.status.value
    assert contract is not None
    is_retired = contract.status is ContractStatus.RETIRED
    assert is_retired == (retirement.status is RetirementStatus.RETIRED)
    assert [_ENDS[each.type] for each in events if each.type in _ENDS] == [retirement.status]
    assert events[-1].type in _ENDS, f"after the end: {events[-1].type}"
    if is_retired:
        _check_nobody_is_passed(detail)


def _check_nobody_is_passed(detail: RetirementDetail) -> None:
    dates: list[datetime] = [
        each.stored.extension.until
        for each in detail.movers
        if each.stored.extension is not None and each.stored.moved is None
    ]
    assert detail.retirement.ended_at is not None
    assert detail.retirement.ended_at >= max([detail.retirement.sunset_at, *dates])


async def _events(tx: Transaction, wanted: EventFilter) -> list[Event]:
    """In the order of the locks under which they were written."""
    page = await tx.events.page(PageRequest(limit=200), wanted)
    assert page.next is None
    return sorted(page.items, key=lambda event: event.cursor.sequence)
