"""What is made of what, by hand: who is affected only downstream, whatever circle it makes."""

import pytest
from sqlalchemy import text

from domain.assets import Asset
from domain.dependencies import MOST_EDGES_AROUND, MOST_UPSTREAM
from domain.errors import InvalidRequest, NotFound
from domain.events import EventType
from domain.lineage import Edge, Lineage, Side
from domain.teams import Team
from record import asset_lives, dependencies
from store.rows import new_id
from store.transaction import Transaction
from tests.support.conductor import Conductor, revised
from tests.support.facts import CALLER, Facts, table

_COPIED = "environment, kind, tags, owner_team_id, mode, content_model, semver_mode, timeline"


async def chain(facts: Facts, *names: str) -> list[tuple[Asset, Team]]:
    """Assets of a team each, every one made of the one before."""
    made: list[tuple[Asset, Team]] = []
    for name in names:
        team = await facts.team(name)
        asset = await facts.asset(team)
        if made:
            await put(facts, asset, made[-1][0])
        made.append((asset, team))
    return made


async def put(facts: Facts, asset: Asset, upstream: Asset) -> None:
    await dependencies.put(facts.database, CALLER, asset.id, upstream.id)


async def affected(facts: Facts, asset: Asset) -> dict[str, list[str]]:
    async def work(tx: Transaction) -> dict[str, list[str]]:
        found = await dependencies.affected(tx, asset)
        return {str(team): [each.fqn for each in assets] for team, assets in found.items()}

    return await facts.database.read(work)


async def test_whoever_is_downstream_by_any_number_of_steps_is_affected(facts: Facts) -> None:
    (source, _), (middle, one), (last, two) = await chain(facts, "source", "one", "two")
    assert await affected(facts, source) == {str(one.id): [middle.fqn], str(two.id): [last.fqn]}
    assert await affected(facts, last) == {}


async def test_a_circle_ends_and_an_own_asset_affects_nobody_else(facts: Facts) -> None:
    (source, owner), (middle, one) = await chain(facts, "source", "one")
    own = await facts.asset(owner)
    await put(facts, own, middle)
    await put(facts, source, own)
    assert await affected(facts, source) == {str(one.id): [middle.fqn]}


async def test_what_is_deleted_leads_nowhere(facts: Facts) -> None:
    (source, _), (middle, _), _ = await chain(facts, "source", "one", "two")
    await asset_lives.delete(facts.database, CALLER, middle.id)
    assert await affected(facts, source) == {}


async def test_said_twice_it_is_said_once_and_so_is_its_end(facts: Facts) -> None:
    (source, _), (made, _) = await chain(facts, "source", "one")
    await put(facts, made, source)
    for _ in range(2):
        await dependencies.remove(facts.database, CALLER, made.id, source.id)
    types = await facts.events(asset_id=made.id)
    assert types.count(EventType.DEPENDENCY_ADDED) == 1
    assert types.count(EventType.DEPENDENCY_REMOVED) == 1
    assert await affected(facts, source) == {}


async def test_what_makes_no_sense_is_refused(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    with pytest.raises(InvalidRequest, match="of itself"):
        await put(facts, asset, asset)
    with pytest.raises(NotFound):
        await dependencies.put(facts.database, CALLER, asset.id, new_id())
    with pytest.raises(NotFound):
        await dependencies.put(facts.database, CALLER, new_id(), asset.id)


async def test_an_asset_is_made_of_so_many_at_most(facts: Facts) -> None:
    (source, _), (made, team) = await chain(facts, "source", "one")

    async def fill(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "WITH more AS (INSERT INTO assets "
                f"(id, fqn, {_COPIED}) "
                f"SELECT gen_random_uuid(), fqn || number, {_COPIED} "
                "FROM assets, generate_series(2, :most) number WHERE id = :made "
                "RETURNING id) INSERT INTO dependencies "
                "(id, upstream_asset_id, downstream_asset_id, declared_by) "
                "SELECT gen_random_uuid(), id, :made, 'test' FROM more"
            ),
            {"most": MOST_UPSTREAM, "made": made.id},
        )

    await facts.database.run(fill)
    with pytest.raises(InvalidRequest, match="at most"):
        await put(facts, made, await facts.asset(team))
    await put(facts, made, source)


async def test_of_more_edges_than_are_read_those_of_the_asset_itself_are_among_them(
    facts: Facts,
) -> None:
    (source, _), (made, _) = await chain(facts, "source", "one")
    many = 215

    async def fill(tx: Transaction) -> tuple[Edge, ...]:
        """Each of them is made of all before it, and that was said long ago."""
        await tx.sql.execute(
            text(
                "WITH more AS (INSERT INTO assets "
                f"(id, fqn, {_COPIED}) "
                f"SELECT gen_random_uuid(), fqn || number, {_COPIED} "
                "FROM assets, generate_series(1, :many) number WHERE id = :source RETURNING id), "
                "there AS (SELECT id FROM more UNION ALL SELECT CAST(:source AS uuid)) "
                "INSERT INTO dependencies (id, upstream_asset_id, downstream_asset_id, declared_by)"
                " SELECT CAST('00' || substr(md5(random() || ''), 3) AS uuid), a.id, b.id, 'test'"
                " FROM there a JOIN there b ON a.id > b.id"
            ),
            {"many": many, "source": source.id},
        )
        return await tx.dependencies.around(made.id)

    edges = await facts.database.run(fill)
    assert len(edges) == MOST_EDGES_AROUND < many * (many + 1) / 2
    lineage = Lineage(made.id, edges)
    assert lineage.following(Side.UPSTREAM, made.id) == [source.id]
    assert not lineage.is_whole


async def test_who_is_downstream_is_told_of_a_proposal_and_of_nothing_that_breaks_nobody(
    facts: Facts,
) -> None:
    (source, _), (made, one), (_, two) = await chain(facts, "source", "one", "two")
    await facts.publish(source, table("id", "email"))
    await facts.register(source, two, ["email"])
    await facts.publish(source, table("id", "email", "phone"))
    assert await facts.events(asset_id=source.id, type=EventType.DOWNSTREAM_TOLD) == []
    proposal = await facts.proposed(source, table("id", "phone"))
    (payload,) = await facts.payloads(proposal_id=proposal.id, type=EventType.DOWNSTREAM_TOLD)
    assert payload["told"] == [{"team_id": str(one.id), "assets": [made.fqn]}], "two is asked"


async def told_downstream(facts: Facts, conductor: Conductor) -> list[object]:
    payloads = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.DOWNSTREAM_TOLD
    )
    return [payload["told"] for payload in payloads]


async def test_a_revision_tells_once_who_is_downstream_and_has_not_heard(facts: Facts) -> None:
    (source, _), (made, one) = await chain(facts, "source", "one")
    reader, late = await facts.team("reader"), await facts.team("late")
    await facts.publish(source, table("id", "email", "phone"))
    await facts.register(source, reader, ["email"])
    await put(facts, await facts.asset(reader), source)
    conductor = Conductor(facts, await facts.proposed(source, table("id", "phone")))
    made_late = await facts.asset(late)
    await put(facts, made_late, source)
    await revised(conductor, table("id"))
    await revised(conductor, table("id", phone={"type": "integer"}))
    assert await told_downstream(facts, conductor) == [
        [{"team_id": str(one.id), "assets": [made.fqn]}],
        [{"team_id": str(late.id), "assets": [made_late.fqn]}],
    ]


async def test_a_revision_that_breaks_nothing_tells_nobody_downstream(facts: Facts) -> None:
    (source, _), _ = await chain(facts, "source", "one")
    await facts.publish(source, table("id", "email"))
    conductor = Conductor(facts, await facts.proposed(source, table("id")))
    await put(facts, await facts.asset(await facts.team("late")), source)
    await revised(conductor, table("id", "email", "phone"))
    assert len(await told_downstream(facts, conductor)) == 1
