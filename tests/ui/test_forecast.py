"""What comes next is what the round itself will do."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.ui import times
from api.ui.forecast import forecast, next_of
from domain.coordination import Round
from domain.parties import Notice, NoticeKind, Party
from domain.proposals import ProposalStatus
from domain.timeline import OnDeadline, Timeline

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def asked(name: str, at: datetime = NOW) -> Party:
    notice = Notice(kind=NoticeKind.ASK, ordinal=1, noted_at=at, delivered_at=at)
    return Party(team_id=uuid4(), name=name, notices=(notice,))


def round_of(*parties: Party, **timeline: object) -> Round:
    return Round(
        status=ProposalStatus.PENDING,
        timeline=Timeline().overlaid(timeline),
        opened_at=NOW,
        parties=parties,
    )


def test_a_silent_party_is_reminded_escalated_about_and_then_it_expires() -> None:
    round_ = round_of(asked("growth"), deadline="8d", remind_every="3d")
    found = forecast(round_, "checkout", NOW)
    assert [(each.at - NOW, each.sentence) for each in found] == [
        (2 * DAY, "growth is reminded."),
        (5 * DAY, "growth is reminded."),
        (7 * DAY, "growth is reminded."),
        (7 * DAY, "growth and checkout are told that an answer is overdue."),
        (8 * DAY, "It expires if growth did not answer. Nothing is published."),
    ]
    assert found[-1].is_end


def test_those_who_are_not_asked_yet_are_asked_first() -> None:
    party = Party(team_id=uuid4(), name="growth")
    first, *_ = forecast(round_of(party, asked("billing")), "checkout", NOW)
    assert (first.at, first.sentence) == (NOW, "growth is asked.")


def test_silence_that_counts_as_consent_is_said() -> None:
    party = asked("growth")
    found = forecast(round_of(party, on_deadline=OnDeadline.APPROVE), "checkout", NOW)
    assert found[-1].sentence == "It is published: silence of growth counts as consent."


def test_many_reminders_are_told_by_their_number() -> None:
    found = forecast(round_of(asked("growth"), remind_every="1d"), "checkout", NOW)
    assert len(found) == 5
    assert found[-1].skipped > 5


def test_reminders_every_second_take_no_time_to_foresee() -> None:
    found = forecast(round_of(asked("growth"), remind_every=1), "checkout", NOW)
    assert found


def test_what_comes_next_is_the_first_of_all() -> None:
    for round_ in (
        round_of(asked("growth"), deadline="8d", remind_every="3d"),
        round_of(Party(team_id=uuid4(), name="growth"), asked("billing")),
        round_of(asked("growth"), remind_after="9d", escalate_after="9d", deadline="1d"),
        round_of(asked("growth"), remind_every="1d"),
        round_of(),
    ):
        assert next_of(round_, "checkout", NOW) == forecast(round_, "checkout", NOW)[0]


def test_an_ended_proposal_expects_nothing() -> None:
    ended = Round(
        status=ProposalStatus.EXPIRED, timeline=Timeline(), opened_at=NOW, parties=(asked("x"),)
    )
    assert forecast(ended, "checkout", NOW) == []
    assert next_of(ended, "checkout", NOW) is None


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=3), "in a moment"),
        (timedelta(seconds=40), "in 40 seconds"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(hours=1), "in 1 hour"),
        (timedelta(hours=36), "in 36 hours"),
        (timedelta(days=-14), "14 days ago"),
    ],
)
def test_how_far_away_a_time_is(away: timedelta, text: str) -> None:
    assert times.relative(NOW + away, NOW) == text
