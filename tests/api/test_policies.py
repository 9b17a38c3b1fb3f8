"""Policies over HTTP."""

from dataclasses import fields
from uuid import uuid4

import pytest
from tessera_sdk.cli.commands.assets import TIMELINE_KEYS
from tessera_sdk.policies import Timeline as Shown

from domain.json_types import JsonObject
from domain.timeline import Timeline
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import Api, app_over, client_of, table
from tests.support.problems import assert_problem

LONG = {"deadline": "P30D"}


def test_the_command_line_knows_every_setting_of_a_timeline() -> None:
    names = {field.name for field in fields(Timeline)}
    assert names == TIMELINE_KEYS
    assert names == set(Shown.model_fields)


async def test_a_policy_starts_with_the_defaults(api: Api) -> None:
    asset = await api.asset()
    policy = await api.got(f"/api/v1/assets/{asset['id']}/policy")

    assert policy == {
        "preset": "default",
        "mode": "backward",
        "content_model": "closed",
        "semver_mode": "auto",
        "observe": False,
        "observe_override": None,
        "timeline": {
            "remind_after": "P2D",
            "remind_every": "P2D",
            "escalate_after": "P7D",
            "owners_after": "P9D",
            "fallback_after": "P11D",
            "deadline": "P14D",
            "last_limit": "P7D",
            "max_extension": "P90D",
            "minimum_notice": "P1D",
            "publish_within": "P30D",
            "migration_window": "PT0S",
            "on_deadline": "expire",
            "publish": "at_once",
            "force": "one_person",
            "days": "calendar",
        },
        "timeline_overrides": {},
    }


async def test_only_what_is_sent_changes(api: Api) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/policy"
    await api.client.patch(path, json={"mode": "full", "timeline": {"deadline": "36h"}})
    response = await api.client.patch(
        path, json={"observe": True, "timeline": {"remind_after": 90, "publish": "on_demand"}}
    )

    policy = response.json()
    assert (policy["mode"], policy["observe"]) == ("full", True)
    assert policy["timeline_overrides"] == {
        "deadline": "P1DT12H",
        "remind_after": "PT1M30S",
        "publish": "on_demand",
    }
    assert policy["timeline"]["deadline"] == "P1DT12H"
    assert policy == await api.got(path)


@pytest.mark.parametrize(
    ("preset", "mode", "content_model"),
    [
        ("default", "backward", "closed"),
        ("protect-readers", "forward", "open"),
        ("strict", "full", "closed"),
    ],
)
async def test_a_preset_sets_what_it_stands_for_and_nothing_else(
    api: Api, preset: str, mode: str, content_model: str
) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/policy"
    await api.client.patch(
        path, json={"mode": "none", "semver_mode": "enforce", "observe": True, "timeline": LONG}
    )
    policy = (await api.client.patch(path, json={"preset": preset})).json()

    assert (policy["preset"], policy["mode"], policy["content_model"], policy["semver_mode"]) == (
        preset,
        mode,
        content_model,
        "auto",
    )
    assert policy["observe"]
    assert policy["timeline_overrides"] == LONG


async def test_what_is_sent_beside_a_preset_counts(api: Api) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/policy"
    policy = (
        await api.client.patch(path, json={"preset": "strict", "content_model": "open"})
    ).json()

    assert (policy["mode"], policy["content_model"], policy["preset"]) == ("full", "open", None)


async def test_an_asset_may_begin_with_a_preset(api: Api) -> None:
    asset = await api.asset(preset="strict")
    policy = await api.got(f"/api/v1/assets/{asset['id']}/policy")

    assert (policy["preset"], policy["mode"]) == ("strict", "full")


async def test_null_takes_a_timeline_setting_back_to_the_default(api: Api) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/policy"
    await api.client.patch(path, json={"timeline": {"deadline": "1d"}})
    policy = (await api.client.patch(path, json={"timeline": {"deadline": None}})).json()

    assert policy["timeline_overrides"] == {}
    assert policy["timeline"]["deadline"] == "P14D"


async def test_a_change_stands_in_the_log_with_what_was_before(api: Api) -> None:
    asset = await api.asset()
    await api.client.patch(f"/api/v1/assets/{asset['id']}/policy", json={"mode": "none"})
    events = await api.got("/api/v1/events", asset_id=asset["id"], type="asset.policy_changed")

    payload = events["items"][0]["payload"]
    assert (payload["before"]["mode"], payload["after"]["mode"]) == ("backward", "none")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mode": None}, "invalid_request"),
        ({"mode": "sideways"}, "invalid_request"),
        ({"observe": "perhaps"}, "invalid_request"),
        ({"preset": None}, "invalid_request"),
        ({"preset": "lenient"}, "invalid_request"),
        ({"timeline": None}, "invalid_request"),
        ({"compatibility": "full"}, "invalid_request"),
        ({"timeline": {"deadline": "soon"}}, "invalid_policy"),
        ({"timeline": {"deadline": True}}, "invalid_policy"),
        ({"timeline": {"deadline": [1]}}, "invalid_policy"),
        ({"timeline": {"deadline": 0}}, "invalid_policy"),
        ({"timeline": {"deadline": 1e300}}, "invalid_policy"),
        ({"timeline": {"deadline": "9" * 500}}, "invalid_policy"),
        ({"timeline": {"dead_line": "1d"}}, "invalid_policy"),
        ({"timeline": {"on_deadline": "hope"}}, "invalid_policy"),
    ],
)
async def test_bad_policies_are_refused_and_change_nothing(
    api: Api, body: dict[str, object], code: str
) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/policy"
    before = await api.got(path)
    response = await api.client.patch(path, json={"semver_mode": "enforce", **body})

    assert assert_problem(response, 422, code)["errors"]
    assert await api.got(path) == before


# --- who observes ---------------------------------------------------------------------------------


async def outcome(api: Api, asset: JsonObject) -> str:
    """What a breaking change would become."""
    response = await api.publish(asset, table("id"), params={"dry_run": "true"})
    assert response.status_code == 200
    action: str = response.json()["action"]
    path = f"/api/v1/assets/{asset['id']}/diff"
    diff = await api.got(path, **{"from": "1.1.0", "to": "1.0.0"})
    assert diff["gating"] is (action == "proposed")
    return action


async def say(api: Api, whose: str, thing: JsonObject, observe: bool | None) -> JsonObject:
    path = f"/api/v1/{whose}/{thing['id']}/policy"
    response = await api.client.patch(path, json={"observe": observe})
    assert response.status_code == 200
    said: JsonObject = response.json()
    assert said == await api.got(path)
    return said


async def test_the_asset_says_whether_it_observes_else_its_team_else_the_server(
    api: Api, database: Database, comparer: Comparer, feed: Feed
) -> None:
    owner = await api.team()
    asset = await api.asset(owner)
    for columns in (("id",), ("id", "email")):
        assert (await api.publish(asset, table(*columns))).status_code == 201

    async with client_of(app_over(database, comparer, feed, observe=True)) as client:
        observing = Api(client, database)
        assert await outcome(observing, asset) == "published"
        assert (await observing.got(f"/api/v1/assets/{asset['id']}/policy"))["observe"]
        await say(api, "teams", owner, False)
        assert await outcome(observing, asset) == "proposed"
    await say(api, "teams", owner, True)
    assert await outcome(api, asset) == "published"
    assert (await say(api, "assets", asset, False))["observe"] is False
    assert await outcome(api, asset) == "proposed"
    back = await say(api, "assets", asset, None)
    assert (back["observe"], back["observe_override"]) == (True, None)
    assert await outcome(api, asset) == "published"
    await say(api, "teams", owner, None)
    assert await outcome(api, asset) == "proposed"


async def test_what_a_team_observes_is_published_and_noted(api: Api) -> None:
    owner = await api.team()
    asset = await api.asset(owner)
    await api.publish(asset, table("id", "email"))
    await say(api, "teams", owner, True)
    response = await api.publish(asset, table("id"))
    assert (response.status_code, response.json()["version"]) == (201, "2.0.0")
    noted = await api.got("/api/v1/events", asset_id=asset["id"], type="contract.observed")
    assert noted["items"][0]["summary"].endswith("would have asked nobody: 1 breaking change.")


async def test_a_change_of_a_teams_policy_stands_in_the_log(api: Api) -> None:
    owner = await api.team()
    for _ in range(2):
        await say(api, "teams", owner, True)
    events = await api.got("/api/v1/events", team_id=owner["id"], type="team.policy_changed")
    (event,) = events["items"]
    assert event["payload"] == {"before": {"observe": None}, "after": {"observe": True}}
    path = f"/api/v1/teams/{owner['id']}/policy"
    before = await api.got(path)
    assert (await api.client.patch(path, json={})).json() == before
    assert_problem(await api.client.get(path.replace(owner["id"], str(uuid4()))), 404, "not_found")
