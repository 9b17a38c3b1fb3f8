"""What must be true of an asset's record however a race ended, read in plain SQL."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from domain.contracts import ContractStatus
from domain.events import EventType
from domain.versioning import is_greater
from store.database import Database
from store.transaction import Transaction

ENDS = {
    EventType.PROPOSAL_PUBLISHED,
    EventType.PROPOSAL_REJECTED,
    EventType.PROPOSAL_WITHDRAWN,
    EventType.PROPOSAL_EXPIRED,
}
_READ = text("""
SELECT jsonb_build_object(
  'contracts', (SELECT coalesce(jsonb_object_agg(id, jsonb_build_object(
      'version', version, 'status', status, 'proposal_id', proposal_id)), '{}')
    FROM contracts WHERE asset_id = :asset),
  'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'type', type, 'proposal_id', proposal_id, 'payload', payload) ORDER BY sequence), '[]')
    FROM events WHERE asset_id = :asset),
  'proposals', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'status', status, 'cause', cause, 'base_version', base_version,
      'confirmation_needed', confirmation_asked_at IS NOT NULL,
      'asked', (SELECT coalesce(jsonb_object_agg(t.name, (
            SELECT a.response FROM acknowledgments a
            WHERE (a.proposal_id, a.team_id) = (p.id, t.id) AND a.changes_hash = e.changes_hash
              AND a.superseded_at IS NULL
            ORDER BY a.recorded_at DESC LIMIT 1)), '{}')
          FROM parties e JOIN teams t ON t.id = e.team_id
          WHERE e.proposal_id = p.id AND e.released_at IS NULL)) ORDER BY opened_at), '[]')
    FROM proposals p WHERE asset_id = :asset)
)
""")


@dataclass(frozen=True)
class Books:
    """An asset's versions, oldest first, its proposals, and its events in the order of the lock."""

    versions: list[str]
    proposals: list[Mapping[str, Any]]
    events: list[Mapping[str, Any]]

    def count(self, kind: EventType) -> int:
        return sum(event["type"] == kind for event in self.events)

    @property
    def proposal(self) -> Mapping[str, Any]:
        """The only one, with the last answer of each team that it asks."""
        (proposal,) = self.proposals
        return proposal

    @property
    def end(self) -> tuple[str, str | None]:
        """Status and cause of the only proposal."""
        return self.proposal["status"], self.proposal["cause"]


async def checked(database: Database, asset_id: UUID) -> Books:
    """Read them and hold them against the laws."""

    async def work(tx: Transaction) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await tx.sql.execute(_READ, {"asset": asset_id})).scalar_one()
        return found

    read = await database.read(work)
    contracts, events = read["contracts"], read["events"]
    published = [each["payload"] for each in events if each["type"] == EventType.CONTRACT_PUBLISHED]
    assert len(published) == len(contracts), "each version is told once"
    in_order = [contracts[each["contract_id"]] for each in published]
    _check_versions(in_order, [each["replaces"] for each in published])
    _check_ends(events)
    return Books([each["version"] for each in in_order], read["proposals"], events)


def _check_versions(contracts: list[Mapping[str, Any]], replaces: list[str | None]) -> None:
    """One is active, the newest; each replaced the one before; no proposal gave two."""
    versions = [each["version"] for each in contracts]
    active = [each["version"] for each in contracts if each["status"] == ContractStatus.ACTIVE]
    assert active == versions[-1:]
    assert replaces == [None, *versions][: len(versions)]
    for before, after in itertools.pairwise(versions):
        assert is_greater(after, before), versions
    sources = Counter(each["proposal_id"] for each in contracts if each["proposal_id"])
    assert all(count == 1 for count in sources.values())


def _check_ends(events: list[Mapping[str, Any]]) -> None:
    ends = Counter(each["proposal_id"] for each in events if each["type"] in ENDS)
    assert all(count == 1 for count in ends.values()), "a proposal ends once"
