"""Hundreds of teams that read one asset, made in two statements."""

from collections.abc import Sequence
from uuid import UUID

from domain.assets import Asset
from store.registrations import RegistrationRow
from store.rows import new_id
from store.teams import TeamRow
from store.transaction import Transaction


async def readers(
    tx: Transaction, asset: Asset, fields: Sequence[str], count: int
) -> tuple[UUID, ...]:
    """Return the ids of so many new teams, each registered for these fields."""
    teams = tuple(new_id() for _ in range(count))
    await tx.sql.insert(TeamRow, [{"id": team, "name": f"reader-{team}"} for team in teams])
    await tx.sql.insert(
        RegistrationRow,
        [
            {
                "id": new_id(),
                "asset_id": asset.id,
                "consumer_team_id": team,
                "fields": list(fields),
                "used_by": [],
            }
            for team in teams
        ],
    )
    return teams
