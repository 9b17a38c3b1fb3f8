"""A release as it is shown: its proposals, and which of them it waits for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.proposal_views import DecreeView
from api.views import AssetRef, View
from domain.proposals import ProposalStatus
from domain.releases import Release, ReleaseStatus
from store.transaction import Transaction


class MemberView(View):
    """A proposal of a release."""

    proposal_id: UUID
    asset: AssetRef
    version: str
    status: ProposalStatus
    ready: bool = Field(description="Whether nothing but the others keeps it from publication.")


class ReleaseView(View):
    """What is published together, and how far it is."""

    id: UUID
    name: str
    status: ReleaseStatus
    opened_by: str
    opened_at: datetime
    ended_at: datetime | None
    awaited: int = Field(description="How many of its proposals are not ready.")
    cancelled: DecreeView | None
    failed_proposal_id: UUID | None = Field(description="Which of them kept all others back.")
    proposals: list[MemberView]


async def release_views(tx: Transaction, found: Sequence[Release]) -> list[ReleaseView]:
    """Return the views of releases, in five statements however many they are."""
    standing = await tx.releases.standing((each.id for each in found), await tx.now())
    members = [member for each in standing.values() for member in each.members]
    assets = await tx.assets.by_id(each.asset_id for each in members)
    versions = await tx.proposals.versions(each.proposal_id for each in members)
    return [
        ReleaseView(
            id=each.id,
            name=each.name,
            status=each.status,
            opened_by=each.opened_by.name,
            opened_at=each.opened_at,
            ended_at=each.ended_at,
            awaited=standing[each.id].awaited,
            cancelled=DecreeView.of(each.cancelled),
            failed_proposal_id=each.failed_proposal_id,
            proposals=[
                MemberView(
                    proposal_id=member.proposal_id,
                    asset=AssetRef.of(assets[member.asset_id]),
                    version=versions[member.proposal_id],
                    status=member.status,
                    ready=member.is_ready,
                )
                for member in standing[each.id].members
            ],
        )
        for each in found
    ]
