"""What must be true of an asset's record however a race ended."""

import itertools
from collections import Counter
from dataclasses import dataclass

from domain.assets import Asset
from domain.contracts import Contract, ContractStatus
from domain.events import Event, EventType
from domain.versioning import is_greater
from store.transaction import Transaction
from tests.races.arena import Arena

ENDS = {
    EventType.PROPOSAL_PUBLISHED,
    EventType.PROPOSAL_REJECTED,
    EventType.PROPOSAL_WITHDRAWN,
    EventType.PROPOSAL_EXPIRED,
}


@dataclass(frozen=True)
class Books:
    """An asset's versions and events, oldest first."""

    contracts: list[Contract]
    events: list[Event]

    def count(self, kind: EventType) -> int:
        return sum(event.type is kind for event in self.events)

    @property
    def versions(self) -> list[str]:
        return [contract.version for contract in self.contracts]


async def check_books(arena: Arena, asset: Asset) -> Books:
    """Read them and hold them against the laws."""

    async def work(tx: Transaction) -> tuple[Contract, ...]:
        return await tx.contracts.all_of(asset.id)

    found = {str(each.id): each for each in await arena.facts.database.run(work)}
    log = await arena.facts.log(asset_id=asset.id)
    events = sorted(log, key=lambda event: event.cursor.sequence)  # in the order of the lock
    published = [event for event in events if event.type is EventType.CONTRACT_PUBLISHED]
    assert len(published) == len(found), "each version is told once"
    books = Books([found[event.payload["contract_id"]] for event in published], events)
    _check_versions(books, published)
    _check_ends(books)
    return books


def _check_versions(books: Books, published: list[Event]) -> None:
    """One is active, the newest; each replaced the one before; no proposal gave two."""
    versions = books.versions
    active = [each.version for each in books.contracts if each.status is ContractStatus.ACTIVE]
    assert active == versions[-1:]
    assert [event.payload["replaces"] for event in published] == [None, *versions][: len(versions)]
    for before, after in itertools.pairwise(versions):
        assert is_greater(after, before), versions
    sources = Counter(each.proposal_id for each in books.contracts if each.proposal_id)
    assert all(count == 1 for count in sources.values())


def _check_ends(books: Books) -> None:
    ends = Counter(event.proposal_id for event in books.events if event.type in ENDS)
    assert all(count == 1 for count in ends.values()), "a proposal ends once"
