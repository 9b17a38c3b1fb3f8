"""What is seen, judged: every threshold from both sides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.amounts import counted, span
from domain.diagnosis import of_facts, of_postgres, of_revisions, of_workflows
from domain.health import (
    Backlog,
    Check,
    DestinationSeen,
    FactsSeen,
    Finding,
    Group,
    LogSeen,
    OpenProposal,
    OpenRetirement,
    ParkedRow,
    PostgresSeen,
    Revisions,
    SecretsSeen,
    State,
)
from domain.secret_diagnosis import of_secrets
from domain.webhook_diagnosis import of_server_webhook
from tests.support.servers import ROOT

POSTGRES = PostgresSeen(
    place="db:5432/tessera",
    version="14.0",
    version_number=140_000,
    read_only=False,
    latency=timedelta(milliseconds=2),
    clock_ahead=timedelta(milliseconds=-3),
    notifies=True,
)
NOBODY = Group(listed=())
WELL = FactsSeen(
    backlog=Backlog(waiting=0, oldest=timedelta(0), last_error=None),
    parked=(),
    overdue=NOBODY,
    stuck=NOBODY,
    settled=NOBODY,
    destinations=(),
    log=LogSeen(
        user="app",
        may_rewrite=False,
        may_say_where=False,
        may_create=False,
        missing_triggers=(),
        odd_tables=(),
        seals=3,
        oldest_unsealed=None,
        from_elsewhere=False,
    ),
    secrets=SecretsSeen(),
    late_events=0,
)
HOOK = DestinationSeen(
    team="marketing",
    name="webhook",
    url="https://hooks.example.com/x",
    disabled_at=None,
    retrying=0,
    given_up=0,
    last_error=None,
)


def proposal(late: timedelta = timedelta(0), stuck: str | None = None) -> OpenProposal:
    return OpenProposal(id=uuid4(), asset="orders.customers", late=late, stuck=stuck)


def retirement(stuck: str | None = None) -> OpenRetirement:
    return OpenRetirement(id=uuid4(), asset="orders.customers", version="1.0.0", stuck=stuck)


def group(*listed: OpenProposal) -> Group:
    return Group(listed=listed)


def one(findings: tuple[Finding, ...], check: Check) -> Finding:
    (found,) = [finding for finding in findings if finding.check is check]
    return found


def of_server(**seen: object) -> tuple[Finding, ...]:
    return of_postgres(replace(POSTGRES, **seen))  # type: ignore[arg-type]  # named by each test


def of_record(**seen: object) -> tuple[Finding, ...]:
    return of_facts(replace(WELL, **seen))  # type: ignore[arg-type]  # named by each test


def test_a_good_server_and_an_empty_record_are_well() -> None:
    findings = (*of_server(), *of_record())
    assert {finding.state for finding in findings} == {State.OK}
    assert all(finding.advice is None for finding in findings)


@pytest.mark.parametrize(
    ("seen", "check", "state"),
    [
        ({"version_number": 139_999, "version": "13.9"}, Check.DATABASE, State.FAILURE),
        ({"read_only": True}, Check.DATABASE, State.FAILURE),
        ({"latency": timedelta(milliseconds=21)}, Check.DATABASE, State.WARNING),
        ({"clock_ahead": timedelta(seconds=1.9)}, Check.CLOCK, State.OK),
        ({"clock_ahead": timedelta(seconds=-2)}, Check.CLOCK, State.WARNING),
        ({"clock_ahead": timedelta(minutes=1)}, Check.CLOCK, State.FAILURE),
        ({"notifies": False}, Check.NOTIFICATIONS, State.WARNING),
    ],
)
def test_a_server_is_judged(seen: dict[str, object], check: Check, state: State) -> None:
    found = one(of_server(**seen), check)
    assert found.state is state
    assert (found.advice is None) == (state is State.OK)


def test_the_side_of_a_clock_is_named() -> None:
    behind = one(of_server(clock_ahead=timedelta(seconds=-90)), Check.CLOCK)
    assert "90 s behind this machine's" in behind.found


@pytest.mark.parametrize(
    ("current", "state", "words"),
    [
        ("c", State.OK, "newest revision"),
        ("b", State.FAILURE, "1 migration missing"),
        ("a", State.FAILURE, "2 migrations missing"),
        ("z", State.FAILURE, "does not know"),
        (None, State.FAILURE, "no tables"),
    ],
)
def test_revisions_are_judged(current: str | None, state: State, words: str) -> None:
    found = of_revisions(Revisions(current=current, known=("c", "b", "a")))
    assert found.state is state
    assert words in found.found


@pytest.mark.parametrize(
    ("age", "error", "state", "advice"),
    [
        (9, None, State.OK, None),
        (10, None, State.WARNING, "worker"),
        (60, None, State.FAILURE, "worker"),
        (60, "unavailable", State.FAILURE, "Nothing is lost"),
    ],
)
def test_the_relay_is_judged_by_its_oldest_row(
    age: int, error: str | None, state: State, advice: str | None
) -> None:
    backlog = Backlog(waiting=3, oldest=timedelta(seconds=age), last_error=error)
    found = one(of_record(backlog=backlog), Check.RELAY)
    assert found.state is state
    assert (advice or "") in (found.advice or "")
    assert (error or "") in found.found


def test_parked_rows_are_counted_by_their_errors() -> None:
    now = datetime.now(UTC)
    rows = tuple(
        ParkedRow(id=n, kind="proposal", subject_id=uuid4(), error=error, parked_at=now)
        for n, error in enumerate(["too long", "too long", "no signal"])
    )
    found = one(of_record(parked=rows), Check.PARKED)
    assert found.state is State.FAILURE
    assert "3 rows" in found.found
    assert "too long (2×); no signal" in found.found
    assert [item["outbox_id"] for item in found.items] == [0, 1, 2]


def test_overdue_proposals_are_the_watchs_for_a_while_and_then_ours() -> None:
    soon = one(of_record(overdue=group(proposal(timedelta(minutes=2)))), Check.OVERDUE)
    assert soon.state is State.WARNING
    late = one(of_record(overdue=group(*[proposal(timedelta(minutes=5))] * 4)), Check.OVERDUE)
    assert late.state is State.FAILURE
    assert "4 proposals" in late.found
    assert "and 1 more" in late.found
    assert len(late.items) == 4


def test_a_stuck_proposal_is_shown_with_its_error() -> None:
    found = one(of_record(stuck=group(proposal(stuck="defect: boom"))), Check.STUCK)
    assert found.state is State.FAILURE
    assert "orders.customers: defect: boom" in found.found


def test_a_proposal_without_a_workflow_is_missed() -> None:
    first, second = proposal(), proposal()
    both = group(first, second)
    assert of_workflows(NOBODY, (), frozenset()).state is State.OK
    assert of_workflows(both, (), frozenset({first.id, second.id})).state is State.OK
    found = of_workflows(both, (), frozenset({second.id}))
    assert found.state is State.FAILURE
    assert [item["proposal_id"] for item in found.items] == [str(first.id)]


def test_a_retirement_without_a_workflow_is_missed() -> None:
    first, other = retirement(), proposal()
    well = of_workflows(NOBODY, (first,), frozenset({first.id}))
    assert (well.state, well.found) == (State.OK, "1 open retirement: a workflow runs for each")
    found = of_workflows(group(other), (first,), frozenset({other.id}))
    assert found.state is State.FAILURE
    assert found.found == (
        "1 of 1 open proposal and 1 open retirement without a running workflow:"
        " orders.customers 1.0.0"
    )
    assert [item["contract_id"] for item in found.items] == [str(first.id)]


def test_a_team_that_is_not_told_is_a_warning() -> None:
    now = datetime.now(UTC)
    for hook, words in (
        (replace(HOOK, disabled_at=now, last_error="answered 410"), "disabled: marketing"),
        (replace(HOOK, retrying=2, last_error="refused"), "2 being tried again (refused)"),
        (replace(HOOK, given_up=1), "1 given up"),
        (replace(HOOK, given_up=1, name="pager"), "failing: marketing (pager), 1 given up"),
    ):
        found = one(of_record(destinations=(HOOK, hook)), Check.WEBHOOKS)
        assert found.state is State.WARNING
        assert words in found.found
        assert [item["team"] for item in found.items] == ["marketing"]


def test_of_the_servers_only_the_one_of_the_settings_is_judged_by_them() -> None:
    own, other = replace(HOOK, team=None), replace(HOOK, team=None, name="pager", given_up=1)
    assert (own.belongs_to_settings, other.belongs_to_settings) == (True, False)
    found = one(of_record(destinations=(own, other)), Check.WEBHOOKS)
    assert "failing: the server (pager)" in found.found


def test_deliveries_that_nobody_carries_are_a_warning() -> None:
    assert one(of_record(late_events=2), Check.DELIVERIES).state is State.WARNING
    digests = one(of_record(late_digests=1), Check.DELIVERIES)
    assert (digests.state, digests.found) == (State.WARNING, "1 digest not sent")


@pytest.mark.parametrize(
    ("late", "stuck", "state", "words", "advice"),
    [
        (0, 0, State.OK, "none is overdue or stuck", ""),
        (1, 0, State.WARNING, "1 retirement not looked after", "--repair` wakes them"),
        (0, 1, State.FAILURE, "1 retirement stuck. orders.customers 1.0.0: boom", "at once"),
        (1, 2, State.FAILURE, "2 retirements stuck", "at once"),
    ],
)
def test_retirements_that_are_late_are_woken_and_those_that_are_stuck_are_to_be_mended(
    late: int, stuck: int, state: State, words: str, advice: str
) -> None:
    seen = tuple(retirement("boom") for _ in range(stuck))
    found = one(of_record(late_retirements=late, stuck_retirements=seen), Check.RETIREMENTS)
    assert [item["contract_id"] for item in found.items] == [str(each.id) for each in seen]
    assert found.state is state
    assert words in found.found
    assert advice in (found.advice or "")


def test_the_servers_own_webhook_is_judged() -> None:
    own = replace(HOOK, team=None)
    assert of_server_webhook(None, None).state is State.OK
    assert of_server_webhook(own.url, own).state is State.OK
    assert of_server_webhook(None, own).state is State.OK
    assert of_server_webhook(own.url, None).state is State.WARNING
    assert of_server_webhook("https://other.example.com", own).state is State.WARNING
    assert of_server_webhook(own.url, replace(own, retrying=1)).state is State.WARNING
    disabled = of_server_webhook(own.url, replace(own, disabled_at=datetime.now(UTC)))
    assert disabled.state is State.FAILURE


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0004, "0.4 ms"),
        (0.04, "40 ms"),
        (90, "90 s"),
        (150, "2 min"),
        (7200, "2 h"),
        (172_800, "2 days"),
    ],
)
def test_spans_are_said_in_one_unit(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_numbers_are_said_with_their_noun() -> None:
    assert [counted(1, "row"), counted(1200, "row")] == ["1 row", "1,200 rows"]


def test_every_check_is_documented() -> None:
    page = (ROOT / "docs/operations/doctor.md").read_text(encoding="utf-8")
    assert [check for check in Check if f"| `{check}` |" not in page] == []
    assert [state for state in State if f"| `{state}` |" not in page] == []


@pytest.mark.parametrize(
    ("seen", "encrypts", "development", "state"),
    [
        (SecretsSeen(current=3), True, False, State.OK),
        (SecretsSeen(current=3, old_key=1), True, False, State.WARNING),
        (SecretsSeen(plain=1), True, False, State.WARNING),
        (SecretsSeen(current=3, unreadable=1), True, True, State.FAILURE),
        (SecretsSeen(unreadable=1), False, True, State.FAILURE),
        (SecretsSeen(plain=1), False, False, State.FAILURE),
        (SecretsSeen(), False, True, State.WARNING),
    ],
)
def test_secrets_are_judged(
    seen: SecretsSeen, encrypts: bool, development: bool, state: State
) -> None:
    found = of_secrets(seen, encrypts=encrypts, development=development)
    assert found.state is state
    assert (found.advice is None) == (state is State.OK)
