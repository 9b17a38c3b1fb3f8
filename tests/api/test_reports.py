"""Response times and what would have been asked, over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.json_types import JsonObject
from domain.parties import NoticeKind
from record import window_steps, windows
from store.database import Database
from store.pages import written_cursor
from store.transaction import Transaction
from tests.api.test_retirements import ahead, old_version
from tests.support.api_client import Api, table
from tests.support.problems import assert_problem
from tests.ui.stand_in import tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIMES = "/api/v1/reports/response-times"
OBSERVED = "/api/v1/reports/observed"


async def dated(
    database: Database, proposal: JsonObject, team: JsonObject, asked: timedelta, took: timedelta
) -> None:
    """Have a team be asked so long ago, and have it taken so long to answer."""
    named = {"p": proposal["id"], "t": team["id"], "asked": asked, "answered": asked - took}

    async def work(tx: Transaction) -> None:
        statement = (
            "UPDATE notices SET created_at = clock_timestamp() - CAST(:asked AS interval),"
            " noted_at = clock_timestamp() - CAST(:asked AS interval),"
            " due_at = due_at - (noted_at - clock_timestamp() + CAST(:asked AS interval)),"
            " answered_at = CASE WHEN answered_at IS NOT NULL"
            " THEN clock_timestamp() - CAST(:answered AS interval) END"
            " WHERE proposal_id = CAST(:p AS uuid) AND team_id = CAST(:t AS uuid)"
        )
        await tx.sql.execute(text(statement), named)

    await database.run(work)


async def told_to_move(database: Database, contract: JsonObject) -> None:
    """Tell everybody who is to move off a version, as its workflow does."""
    contract_id, now = UUID(contract["id"]), datetime.now(UTC)
    step, _ = await windows.review(database, contract_id, now)
    await window_steps.note(database, contract_id, 1, NoticeKind(step.kind.value), step.notes, now)


async def answered(
    api: Api, team: JsonObject, took: timedelta, *, asked: timedelta = 3 * DAY, **timeline: object
) -> JsonObject:
    proposal = await api.proposal(team, **timeline)
    await tell(api.database, proposal)
    await api.answer(proposal, team, "approved")
    await dated(api.database, proposal, team, asked, took)
    return proposal


async def times_of(api: Api, team: JsonObject, **more: str) -> JsonObject:
    report = await api.got(TIMES, team_id=team["id"], **more)
    (line,) = report["items"]
    assert line["team"] == {"id": team["id"], "name": team["name"]}
    assert line["times"] == report["total"]
    found: JsonObject = line["times"]
    return found


async def test_the_median_and_the_ninth_decile_are_of_first_answers(api: Api) -> None:
    team = await api.team()
    for hours in (1, 2, 3, 4, 20):
        await answered(api, team, hours * HOUR)
    times = await times_of(api, team)
    assert (times["asked"], times["answered"], times["open"], times["overdue"]) == (5, 5, 0, 0)
    assert abs(times["median_seconds"] - 3 * 3600) < 60
    assert abs(times["p90_seconds"] - (4 + 0.6 * 16) * 3600) < 60


async def test_a_later_answer_of_the_same_team_changes_nothing(api: Api) -> None:
    team = await api.team()
    proposal = await answered(api, team, HOUR)
    await api.answer(proposal, team, "migrating", until=(datetime.now(UTC) + DAY).isoformat())
    times = await times_of(api, team)
    assert (times["asked"], times["answered"]) == (1, 1)
    assert abs(times["median_seconds"] - 3600) < 60


async def test_overdue_is_what_was_not_answered_when_its_time_was_up(api: Api) -> None:
    team = await api.team()
    await answered(api, team, 2 * DAY, deadline="P1D")
    await answered(api, team, HOUR, deadline="P1D")
    silent = await api.proposal(team, deadline="P1D")
    await tell(api.database, silent)
    times = await times_of(api, team)
    assert (times["asked"], times["answered"], times["open"], times["overdue"]) == (3, 2, 1, 1)
    await dated(api.database, silent, team, 2 * DAY, DAY)
    times = await times_of(api, team)
    assert (times["answered"], times["open"], times["overdue"]) == (2, 1, 2)


async def test_the_time_that_an_ask_named_counts(api: Api) -> None:
    """Whatever the policy says of durations, the ask says until when an answer was asked for."""
    team = await api.team()
    proposal = await api.proposal(team, deadline="P1D")
    await tell(api.database, proposal)
    await api.answer(proposal, team, "approved")

    async def earlier(tx: Transaction) -> None:
        statement = (
            "UPDATE notices SET created_at = created_at - interval '2 days'"
            " WHERE proposal_id = CAST(:p AS uuid)"
        )
        await tx.sql.execute(text(statement), {"p": proposal["id"]})

    await api.database.run(earlier)
    assert (await times_of(api, team))["overdue"] == 1
    named = (
        "UPDATE notices SET noted_at = noted_at - interval '2 days'"
        " WHERE proposal_id = CAST(:p AS uuid)"
    )

    async def named_later(tx: Transaction) -> None:
        await tx.sql.execute(text(named), {"p": proposal["id"]})

    await api.database.run(named_later)
    assert (await times_of(api, team))["overdue"] == 0, "three days were named"


async def test_who_was_not_answered_and_is_waited_for_no_more_is_not_open(api: Api) -> None:
    team = await api.team()
    proposal = await api.proposal(team)
    await tell(api.database, proposal)
    assert (await times_of(api, team))["open"] == 1
    await api.client.post(f"{proposal['links']['self']}/withdraw")
    await api.settle(proposal)
    times = await times_of(api, team)
    assert (times["asked"], times["answered"], times["open"], times["overdue"]) == (1, 0, 0, 0)
    assert (times["median_seconds"], times["p90_seconds"]) == (None, None)


async def test_a_question_counts_in_the_period_in_which_it_was_put(api: Api) -> None:
    team = await api.team()
    await answered(api, team, HOUR, asked=10 * DAY)
    await answered(api, team, 3 * HOUR, asked=DAY)
    five_days_ago = (datetime.now(UTC) - 5 * DAY).isoformat()
    late = await times_of(api, team, since=five_days_ago)
    early = await times_of(api, team, until=five_days_ago)
    assert (late["asked"], early["asked"]) == (1, 1)
    assert late["median_seconds"] > early["median_seconds"]
    nothing = await api.got(TIMES, team_id=team["id"], until="2020-01-01T00:00:00Z")
    assert (nothing["items"], nothing["total"]["asked"], nothing["found"]) == ([], 0, 0)


async def test_by_asset_there_is_a_line_for_each(api: Api) -> None:
    team, other = await api.team(), await api.team()
    first, second = await answered(api, team, HOUR), await answered(api, team, 5 * HOUR)
    await answered(api, other, HOUR)
    report = await api.got(TIMES, team_id=team["id"], by="asset")
    assert [line["asset"]["id"] for line in report["items"]] == [
        second["asset"]["id"],
        first["asset"]["id"],
    ]
    assert (report["total"]["asked"], report["found"]) == (2, 2)
    one = await api.got(TIMES, team_id=team["id"], by="asset", limit="1")
    assert (len(one["items"]), one["found"]) == (1, 2)
    about = await api.got(TIMES, asset_id=first["asset"]["id"])
    assert [line["team"]["id"] for line in about["items"]] == [team["id"]]


async def test_the_pages_of_a_report_have_each_line_once_in_order(api: Api) -> None:
    """Those of the same time too, and those without an answer, which come last."""
    team = await api.team()
    assets = [(await answered(api, team, took))["asset"]["id"] for took in (HOUR, 5 * HOUR)]
    for _ in range(3):
        silent = await api.proposal(team)
        await tell(api.database, silent)
        assets.insert(0, silent["asset"]["id"])
    whole = await api.got(TIMES, team_id=team["id"], by="asset")
    assert [line["asset"]["id"] for line in whole["items"][:2]] == [assets[-1], assets[-2]]
    assert {line["asset"]["id"] for line in whole["items"][2:]} == {*assets[:3]}
    assert whole["next"] is None
    seen: list[JsonObject] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        after: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = await api.got(TIMES, team_id=team["id"], by="asset", limit="2", **after)
        assert (page["found"], page["total"]["asked"]) == (5, 5)
        seen.append(page)
        cursor = page["next"]
    assert [len(page["items"]) for page in seen] == [2, 2, 1]
    ids = [line["asset"]["id"] for page in seen for line in page["items"]]
    assert ids == [line["asset"]["id"] for line in whole["items"]]
    assert len({str(page["period"]) for page in seen}) == 1, "all are of the same period"


async def test_a_cursor_of_another_report_is_refused(api: Api) -> None:
    team = await api.team()
    for _ in range(2):
        await answered(api, team, HOUR)
    page = await api.got(TIMES, team_id=team["id"], by="asset", limit="1")
    for path, by in ((TIMES, "team"), (OBSERVED, "asset")):
        response = await api.client.get(path, params={"by": by, "cursor": page["next"]})
        assert_problem(response, 422, "invalid_cursor")


@pytest.mark.parametrize(
    "place",
    [
        "2026-01-01T00:00 2026-02-01T00:00 1 - {subject}",
        "0001-01-01T00:00+05:00 2026-02-01T00:00+00:00 1 - {subject}",
        f"2026-01-01T00:00+00:00 2026-02-01T00:00+00:00 {2**63} - {{subject}}",
        "2026-01-01T00:00+00:00 2026-02-01T00:00+00:00 1 -",
    ],
)
async def test_a_cursor_that_somebody_made_up_is_refused(api: Api, place: str) -> None:
    cursor = written_cursor("response times by team", place.format(subject=UUID(int=1)))
    response = await api.client.get(TIMES, params={"cursor": cursor})
    assert_problem(response, 422, "invalid_cursor")
    cursor = written_cursor("observed by team", place.replace(" -", "").format(subject=UUID(int=1)))
    response = await api.client.get(OBSERVED, params={"cursor": cursor})
    assert_problem(response, 422, "invalid_cursor")


async def test_who_is_to_move_off_an_old_version_is_asked_too(api: Api) -> None:
    contract, asset, team = await old_version(api)
    await api.client.post(
        f"/api/v1/contracts/{contract['id']}/retirement", json={"sunset_at": ahead(30)}
    )
    await told_to_move(api.database, contract)
    times = await times_of(api, team, about="retirements")
    assert (times["asked"], times["answered"], times["open"], times["overdue"]) == (1, 0, 1, 0)
    proposals = await api.got(TIMES, team_id=team["id"], about="proposals")
    assert (proposals["total"]["asked"], proposals["items"]) == (0, [])
    longer = {"consumer_team_id": team["id"], "until": ahead(40)}
    path = f"/api/v1/contracts/{contract['id']}/retirement"
    assert (await api.client.post(f"{path}/extend", json=longer)).status_code == 200
    first = await times_of(api, team)
    assert (first["asked"], first["answered"], first["open"]) == (1, 1, 0)
    await api.client.post(f"{path}/moved", json={"consumer_team_id": team["id"]})
    assert await times_of(api, team) == first, "the first answer counts"
    by_asset = await api.got(TIMES, asset_id=asset["id"], by="asset")
    assert [line["times"]["asked"] for line in by_asset["items"]] == [1]


async def test_a_release_has_the_times_of_its_proposals(api: Api) -> None:
    team = await api.team()
    first, second = await answered(api, team, HOUR), await api.proposal(team)
    await tell(api.database, second)
    made = await api.client.post(
        "/api/v1/releases", json={"name": "spring", "proposal_ids": [second["id"]]}
    )
    assert made.status_code == 201, made.text
    report = await api.got(TIMES, release_id=made.json()["id"], by="asset")
    assert [line["asset"]["id"] for line in report["items"]] == [second["asset"]["id"]]
    assert (await api.got(TIMES, team_id=team["id"]))["total"]["asked"] == 2, first
    for about, asked in (("proposals", 1), ("retirements", 0)):
        report = await api.got(TIMES, release_id=made.json()["id"], about=about)
        assert report["total"]["asked"] == asked
    unknown = await api.client.get(TIMES, params={"release_id": str(UUID(int=1))})
    assert_problem(unknown, 404, "not_found")


async def test_what_is_asked_wrongly_is_refused(api: Api) -> None:
    backward = {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    for path in (TIMES, OBSERVED):
        response = await api.client.get(path, params=backward)
        assert_problem(response, 422, "invalid_request")
        response = await api.client.get(path, params={"team_id": str(UUID(int=1))})
        assert_problem(response, 404, "not_found")


async def observing(api: Api, *consumers: JsonObject, times: int = 1) -> JsonObject:
    """An asset that observes and loses a column so often, which all consumers read."""
    asset = await api.asset()
    columns = [f"column_{number}" for number in range(times)]
    await api.client.patch(f"/api/v1/assets/{asset['id']}/policy", json={"observe": True})
    await api.publish(asset, table("id", *columns))
    for consumer in consumers:
        await api.register(asset, consumer, columns)
    while columns:
        columns.pop()
        assert (await api.publish(asset, table("id", *columns))).status_code == 201
    return asset


async def test_what_would_have_been_asked_is_told_by_team_and_by_asset(api: Api) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    first = await observing(api, growth, billing, times=2)
    second = await observing(api, growth)
    report = await api.got(OBSERVED, team_id=growth["id"])
    (line,) = report["items"]
    assert line["team"] == {"id": growth["id"], "name": growth["name"]}
    assert (line["would"]["asks"], line["would"]["breaking"]) == (3, 3)
    assert line["would"]["sentences"] == ["`column_0` is removed."]
    parts = [(part["asset"]["id"], part["would"]["asks"]) for part in line["parts"]]
    assert parts == [(first["id"], 2), (second["id"], 1)]
    assert (report["asks"], report["found"], line["parts_found"]) == (3, 1, 2)

    about = await api.got(OBSERVED, asset_id=first["id"], by="asset")
    (line,) = about["items"]
    assert (about["publications"], about["nobody"], about["asks"]) == (2, 0, 4)
    assert {part["team"]["id"] for part in line["parts"]} == {growth["id"], billing["id"]}
    assert [part["would"]["asks"] for part in line["parts"]] == [2, 2]


async def test_the_pages_of_what_was_observed_have_each_line_once(api: Api) -> None:
    team = await api.team()
    for times in (1, 2, 1):
        await observing(api, team, times=times)
    whole = await api.got(OBSERVED, team_id=team["id"], by="asset")
    assert [line["would"]["asks"] for line in whole["items"]] == [2, 1, 1]
    ids, cursor = [], ""
    for rest in (2, 1, 0):
        after = {"cursor": cursor} if cursor else {}
        page = await api.got(OBSERVED, team_id=team["id"], by="asset", limit="1", **after)
        assert (page["found"], page["asks"]) == (3, 4)
        ids += [line["asset"]["id"] for line in page["items"]]
        assert (page["next"] is None) == (rest == 0)
        cursor = page["next"]
    assert ids == [line["asset"]["id"] for line in whole["items"]]


async def test_a_publication_that_nobody_reads_is_counted_and_asks_nobody(api: Api) -> None:
    asset = await observing(api)
    report = await api.got(OBSERVED, asset_id=asset["id"])
    assert (report["publications"], report["nobody"], report["asks"]) == (1, 1, 0)
    assert (report["items"], report["found"]) == ([], 0)
    owner = await api.got(OBSERVED, owner_team_id=asset["owner"]["id"])
    assert owner["publications"] == 1
    before = await api.got(OBSERVED, asset_id=asset["id"], until="2020-01-01T00:00:00Z")
    assert before["publications"] == 0
