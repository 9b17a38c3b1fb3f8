"""What Temporal's UI shows of a proposal: it reads by itself, and it always fits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain import story
from domain.acknowledgments import Response
from domain.changes import Change, ChangeKind
from domain.coordination import Round
from domain.parties import Answer, Notice, NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.steps import Note, Step, StepKind
from domain.timeline import Timeline

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WAIT = Step(kind=StepKind.WAIT, until=START + timedelta(days=2))


def removed(path: str) -> Change:
    return Change(
        kind=ChangeKind.FIELD_REMOVED,
        path=path,
        before=None,
        after=None,
        breaks_backward=True,
        breaks_forward=False,
        undecided=False,
        sentence=f"`{path}` is removed.",
    )


def notice(kind: NoticeKind, ordinal: int = 1) -> Notice:
    return Notice(kind=kind, ordinal=ordinal, noted_at=START, delivered_at=START)


def party(name: str, *notices: Notice, answer: Answer | None = None) -> Party:
    return Party(team_id=UUID(int=len(name)), name=name, notices=notices, answer=answer)


def told(*parties: Party, gating: int = 1, step: Step = WAIT, notes: tuple[str, ...] = ()) -> str:
    return story.details(
        asset="orders.customers",
        base_version="1.4.0",
        version="2.0.0",
        producer="orders",
        gating=[removed(f"field_{number}") for number in range(gating)],
        round_=Round(
            status=ProposalStatus.PENDING, timeline=Timeline(), opened_at=START, parties=parties
        ),
        step=step,
        now=START,
        page="http://localhost:8000/proposals/1",
        notes=notes,
    )


def test_an_open_proposal_reads_by_itself() -> None:
    ask = notice(NoticeKind.ASK)
    text = told(
        party("new"),
        party("silent", ask),
        party("reminded", ask, notice(NoticeKind.REMIND), notice(NoticeKind.REMIND, 2)),
        party("fine", ask, answer=Answer(response=Response.APPROVED)),
        party(
            "slow",
            ask,
            answer=Answer(response=Response.MIGRATING, until=START + timedelta(days=20)),
        ),
        party("against", ask, answer=Answer(response=Response.BLOCKED)),
    )
    assert text.rstrip().splitlines() == [
        "### orders.customers 1.4.0 → 2.0.0",
        "",
        "Proposed by **orders**. [Open the page](http://localhost:8000/proposals/1)",
        "",
        "**Next:** wait for answers; look again at 4 Mar 2026, 09:30:00 UTC.",
        "",
        "**What breaks** (1)",
        "",
        "- `field_0` is removed.",
        "",
        "**Who is asked** (6)",
        "",
        "- **new**: not asked yet",
        "- **silent**: asked, no answer yet, due 16 Mar 2026, 09:30:00 UTC",
        "- **reminded**: no answer after 2 reminders, due 16 Mar 2026, 09:30:00 UTC",
        "- **fine**: **ready**",
        "- **slow**: **needs time** until 22 Mar 2026, 09:30:00 UTC",
        "- **against**: **blocked**",
    ]


def test_a_proposal_without_parties_says_so() -> None:
    assert "- nobody" in told()


def test_many_changes_are_counted_and_some_are_shown() -> None:
    text = told(gating=23)
    assert "**What breaks** (23)" in text
    assert "- and 3 more" in text


def test_notes_come_before_the_long_lists() -> None:
    text = told(notes=("Stuck: no such column",))
    assert text.index("> Stuck: no such column\n\n") < text.index("**What breaks**")


def test_details_never_grow_beyond_what_temporal_takes() -> None:
    many = [replace(party("ü" * 90), team_id=UUID(int=number)) for number in range(500)]
    encoded = told(*many).encode()
    assert len(encoded) < 16_000
    assert encoded.decode().rstrip().endswith("…")


TWO = (Note(team_id=UUID(int=1), ordinal=1), Note(team_id=UUID(int=2), ordinal=1))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (
            Step(kind=StepKind.SETTLE, outcome=ProposalStatus.EXPIRED, cause=Cause.NOT_PUBLISHED),
            "settle as expired (not published).",
        ),
        (Step(kind=StepKind.ASK, notes=TWO), "ask 2 parties."),
        (Step(kind=StepKind.REMIND, notes=TWO[:1]), "remind 1 party."),
        (Step(kind=StepKind.ESCALATE, notes=TWO[:1]), "escalate about 1 party."),
        (
            Step(kind=StepKind.UNREACHABLE, notes=TWO[:1]),
            "tell the owner that 1 party cannot be reached.",
        ),
        (Step(kind=StepKind.REBASE), "compare again, since something else was published."),
        (Step(kind=StepKind.PUBLISH), "publish."),
        (Step(kind=StepKind.ENDED), "nothing; it has ended."),
    ],
)
def test_every_step_is_announced_in_a_sentence(step: Step, sentence: str) -> None:
    assert story.upcoming(step) == sentence
