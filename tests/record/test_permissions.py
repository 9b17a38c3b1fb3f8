"""Whose an asset is counts when it is changed, and not when the request came in."""

import pytest

from domain.actors import Actor, ActorKind, Origin
from domain.api_keys import Scope
from domain.assets import Asset
from domain.authorization import Principal, Requester, Role
from domain.errors import Forbidden
from domain.members import TeamRole
from domain.schemas import field_tree
from domain.teams import Team
from domain.timeline import Timeline
from record import assets, contracts, proposals
from record.assets import PolicyChange
from record.drafts import Publication
from store.assets import AssetRow
from store.rows import table_of
from store.transaction import Transaction
from tests.record.test_locks import Held, has_to_wait, task_of
from tests.support.conductor import breaking
from tests.support.facts import Facts, content, table


def member_of(team: Team) -> Requester:
    actor = Actor(kind=ActorKind.PERSON, name="ada")
    principal = Principal(
        actor=actor, role=Role.USER, scope=Scope.WRITE, teams={team.id: TeamRole.MEMBER}
    )
    return Requester(principal=principal, actor=actor, origin=Origin.API)


def handed_over(facts: Facts, asset: Asset, to: Team) -> Held:
    """Somebody gives the asset to another team and has its lock."""

    async def lock(tx: Transaction) -> None:
        await tx.assets.lock(asset.id)

    async def give(tx: Transaction) -> None:
        rows = table_of(AssetRow)
        await tx.sql.execute(rows.update().where(rows.c.id == asset.id).values(owner_team_id=to.id))

    return Held(facts, lock, give)


async def test_who_owned_the_asset_when_asking_publishes_no_more(facts: Facts) -> None:
    owner, other = await facts.team("owner"), await facts.team("other")
    asset = await facts.asset(owner)
    made = content(table("id"))
    publication = Publication(asset_id=asset.id, content=made, fields=field_tree(made.schema))

    async def publish(team: Team) -> object:
        return await contracts.publish(
            facts.database,
            facts.database,
            facts.comparer,
            member_of(team),
            publication,
            Timeline(),
        )

    async with handed_over(facts, asset, other):
        before = task_of(publish(owner))
        after = task_of(publish(other))
        assert await has_to_wait(before)
        assert await has_to_wait(after)
    with pytest.raises(Forbidden, match="ada may not publish"):
        await before
    await after


async def test_a_policy_and_a_proposal_are_the_new_owners_too(facts: Facts) -> None:
    conductor, other = await breaking(facts, "reader"), await facts.team("other")
    detail = await facts.detail(conductor.proposal.id)
    change = PolicyChange(timeline={"deadline": "20d"})

    async def changed(team: Team) -> object:
        return await assets.change_policy(facts.database, member_of(team), detail.asset.id, change)

    async def withdrawn(team: Team) -> object:
        return await proposals.withdraw(
            facts.database, member_of(team), conductor.proposal.id, None
        )

    async with handed_over(facts, detail.asset, other):
        refused = [task_of(work(detail.producer)) for work in (changed, withdrawn)]
        for task in refused:
            assert await has_to_wait(task)
    for task in refused:
        with pytest.raises(Forbidden):
            await task
    await changed(other)
    await withdrawn(other)
