"""Which changes of a policy consumers lose by."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.assets import AssetPolicy
from domain.compatibility import ContentModel, Mode
from domain.loosening import observing_loosens, policy_loosens, timeline_loosens
from domain.timeline import OnDeadline, Timeline
from domain.versioning import SemverMode

HOUR = timedelta(hours=1)


def loosens(before: Mode, after: Mode) -> bool:
    return policy_loosens(AssetPolicy(mode=before), AssetPolicy(mode=after))


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_is_as_strict_as_itself_and_none_gates_nothing(mode: Mode) -> None:
    assert not loosens(mode, mode)
    assert not loosens(Mode.NONE, mode)
    assert loosens(mode, Mode.NONE) == (mode is not Mode.NONE)
    assert not loosens(mode, Mode.FULL_TRANSITIVE)


def test_giving_up_a_direction_or_the_older_versions_loosens() -> None:
    assert loosens(Mode.FULL, Mode.BACKWARD)
    assert loosens(Mode.BACKWARD, Mode.FORWARD)
    assert loosens(Mode.BACKWARD_TRANSITIVE, Mode.FULL)
    assert not loosens(Mode.BACKWARD, Mode.BACKWARD_TRANSITIVE)
    assert not loosens(Mode.BACKWARD, Mode.FULL)


def test_another_content_model_and_less_honest_versions_loosen() -> None:
    policy = AssetPolicy()
    assert policy_loosens(policy, replace(policy, content_model=ContentModel.OPEN))
    assert policy_loosens(replace(policy, content_model=ContentModel.OPEN), policy)
    assert policy_loosens(policy, replace(policy, semver_mode=SemverMode.SUGGEST))
    assert not policy_loosens(policy, replace(policy, semver_mode=SemverMode.ENFORCE))


def test_less_time_to_move_loosens_and_never_retiring_is_most() -> None:
    never, long, short = (Timeline(migration_window=window * HOUR) for window in (0, 48, 24))
    assert timeline_loosens(long, short)
    assert timeline_loosens(never, long)
    assert not timeline_loosens(short, long)
    assert not timeline_loosens(long, never)


@pytest.mark.parametrize("name", ["deadline", "last_limit", "max_extension", "minimum_notice"])
def test_less_time_loosens(name: str) -> None:
    usual = Timeline()
    less = replace(usual, **{name: getattr(usual, name) - HOUR})
    assert timeline_loosens(usual, less)
    assert not timeline_loosens(less, usual)


@pytest.mark.parametrize("name", ["remind_after", "remind_every", "escalate_after"])
def test_later_reminders_loosen(name: str) -> None:
    usual = Timeline()
    later = replace(usual, **{name: getattr(usual, name) + HOUR})
    assert timeline_loosens(usual, later)
    assert not timeline_loosens(later, usual)


def test_silence_that_becomes_consent_loosens() -> None:
    usual, approving = Timeline(), replace(Timeline(), on_deadline=OnDeadline.APPROVE)
    assert timeline_loosens(usual, approving)
    assert not timeline_loosens(approving, usual)
    assert not timeline_loosens(approving, approving)


def test_observing_loosens_where_something_gated() -> None:
    assert observing_loosens(before=False, after=True)
    assert not observing_loosens(before=True, after=True)
    assert not observing_loosens(before=True, after=False)
