"""Teams and assets: names are taken once, policies are changed and told."""

import asyncio

import pytest

from domain.compatibility import Mode
from domain.errors import Conflict, InvalidPolicy, InvalidRequest, NotFound
from domain.events import EventType
from record import assets, teams
from record.assets import NewAsset, PolicyChange
from store.rows import new_id
from tests.support.facts import CALLER, Facts


async def test_a_team_s_name_is_taken_once_even_by_many_at_once(facts: Facts) -> None:
    name = f"team-{new_id()}"
    made = await asyncio.gather(
        *(teams.create(facts.database, CALLER, name) for _ in range(8)), return_exceptions=True
    )
    (team,) = [each for each in made if not isinstance(each, BaseException)]
    refusals = [each for each in made if isinstance(each, Conflict)]
    assert len(refusals) == 7
    assert refusals[0].extra["existing_id"] == str(team.id)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "two\nlines", "x" * 101])
async def test_a_name_that_cannot_be_used_is_refused(facts: Facts, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await teams.create(facts.database, CALLER, name)


async def test_an_fqn_is_taken_once_per_environment(facts: Facts) -> None:
    owner, fqn = await facts.team("owner"), f"orders.customers_{new_id().hex}"
    new = NewAsset(fqn=fqn, owner_team_id=owner.id)
    first = await assets.create(facts.database, CALLER, new)
    assert (first.environment, first.policy.mode) == ("production", Mode.BACKWARD)
    with pytest.raises(Conflict, match="already"):
        await assets.create(facts.database, CALLER, new)
    await assets.create(
        facts.database, CALLER, NewAsset(fqn=fqn, owner_team_id=owner.id, environment="staging")
    )


@pytest.mark.parametrize(
    ("fqn", "environment"),
    [("", "production"), ("a b", "production"), ("a@b", "production"), ("x" * 501, "production")]
    + [("orders", bad) for bad in ("", "-x", "a b", "x" * 64)],
)
async def test_an_asset_s_name_has_a_form(facts: Facts, fqn: str, environment: str) -> None:
    owner = await facts.team("owner")
    with pytest.raises(InvalidRequest):
        await assets.create(
            facts.database,
            CALLER,
            NewAsset(fqn=fqn, owner_team_id=owner.id, environment=environment),
        )


async def test_an_unknown_owner_is_not_found(facts: Facts) -> None:
    with pytest.raises(NotFound):
        await assets.create(facts.database, CALLER, NewAsset(fqn="a", owner_team_id=new_id()))


async def test_a_policy_change_is_told_with_before_and_after(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    changed = await facts.policy(asset, mode=Mode.FULL, timeline={"deadline": 3600})
    assert changed.policy.timeline == {"deadline": "PT1H"}
    back = await facts.policy(asset, timeline={"deadline": None})
    assert (back.policy.mode, dict(back.policy.timeline)) == (Mode.FULL, {})
    first, second = await facts.payloads(asset_id=asset.id, type=EventType.POLICY_CHANGED)
    assert first["before"] != first["after"] == second["before"]


async def test_a_policy_that_stays_the_same_is_no_event(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, mode=Mode.BACKWARD, timeline={"deadline": None})
    assert EventType.POLICY_CHANGED not in await facts.events(asset_id=asset.id)


async def test_a_policy_out_of_its_bounds_changes_nothing(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    with pytest.raises(InvalidPolicy):
        await facts.policy(asset, mode=Mode.FULL, timeline={"deadline": "0s"})
    assert EventType.POLICY_CHANGED not in await facts.events(asset_id=asset.id)


async def test_the_policy_of_an_unknown_asset_is_not_found(facts: Facts) -> None:
    with pytest.raises(NotFound):
        await assets.change_policy(facts.database, CALLER, new_id(), PolicyChange())
