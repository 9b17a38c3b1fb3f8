"""Where each value of an asset's policy comes from."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from api.ui.policy_lines import policy_lines
from api.ui.timeline_lines import ASSET, BOUNDS, SERVER, TEAM
from domain.assets import Asset, AssetKind, AssetPolicy
from domain.bounds import Bounds, ServerPolicy
from domain.team_policies import TeamPolicy
from domain.teams import Team
from domain.timeline import Timeline
from record.team_policies import ServerSays

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SERVER_SAYS = ServerSays()


def asset(observe: bool | None = None, timeline: Mapping[str, str] | None = None) -> Asset:
    return Asset(
        id=uuid4(),
        fqn="orders.customers",
        environment="production",
        kind=AssetKind.TABLE,
        tags=(),
        owner_team_id=uuid4(),
        policy=AssetPolicy(observe=observe, timeline=timeline or {}),
        created_at=NOW,
    )


def owner(observe: bool | None = None, timeline: Mapping[str, str] | None = None) -> Team:
    policy = TeamPolicy(timeline=timeline or {})
    return Team(id=uuid4(), name="checkout", created_at=NOW, observe=observe, policy=policy)


def test_each_value_says_whether_it_is_the_servers_the_teams_or_the_assets() -> None:
    lines = policy_lines(
        asset(timeline={"deadline": "P21D"}),
        owner(timeline={"deadline": "P10D", "remind_after": "P1D"}),
        SERVER_SAYS,
    )
    said = {line.label: (line.value, line.source) for line in lines.timeline}
    assert said["Time to answer"] == ("21 days", ASSET)
    assert said["First reminder after"] == ("1 day", TEAM)
    assert said["Escalated after"] == ("7 days", SERVER)
    assert said["Silence then"] == ("lets the proposal expire; nothing is published", SERVER)
    assert [line.label for line in lines.timeline if line.is_own] == [
        "Time to answer",
        "First reminder after",
    ]


def test_what_the_bounds_of_the_server_moved_is_theirs() -> None:
    bounds = Bounds(most={"deadline": timedelta(days=15)})
    server = ServerSays(policy=ServerPolicy(bounds=bounds))
    lines = policy_lines(asset(timeline={"deadline": "P21D"}), owner(), server)
    assert (lines.timeline[0].value, lines.timeline[0].source) == ("15 days", BOUNDS)


def test_every_setting_of_a_timeline_has_its_line() -> None:
    assert len(policy_lines(asset(), owner(), SERVER_SAYS).timeline) == len(Timeline().to_wire())


def test_who_observes_is_said_by_asset_team_or_server() -> None:
    said = [
        (lines.observes, lines.observed_by)
        for lines in (
            policy_lines(asset(observe=False), owner(observe=True), ServerSays(observe=True)),
            policy_lines(asset(), owner(observe=True), SERVER_SAYS),
            policy_lines(asset(), owner(), ServerSays(observe=True)),
        )
    ]
    assert said == [(False, ASSET), (True, TEAM), (True, SERVER)]
