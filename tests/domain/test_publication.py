"""What becomes of a publication, by the asset's own policy."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.actors import Actor, ActorKind
from domain.assets import AssetPolicy
from domain.changes import Change, ChangeKind
from domain.compatibility import Mode
from domain.contracts import Contract, ContractContent, ContractStatus
from domain.errors import InvalidVersion
from domain.publication import PublishAction, Verdict, judge
from domain.versioning import SemverMode
from tests.support.facts import content, table

BOTH = content(table("id", "email"))
ONE = content(table("id"))


def active(of: ContractContent, version: str = "1.4.2") -> Contract:
    return Contract(
        id=UUID(int=1),
        asset_id=UUID(int=2),
        version=version,
        status=ContractStatus.ACTIVE,
        content=of,
        content_hash=of.content_hash,
        fields=(),
        proposal_id=None,
        published_by=Actor(kind=ActorKind.PERSON, name="test"),
        published_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def change(
    kind: ChangeKind, *, backward: bool = False, forward: bool = False, path: str = "email"
) -> Change:
    return Change(
        kind=kind,
        path=path,
        before=None,
        after=None,
        breaks_backward=backward,
        breaks_forward=forward,
        undecided=False,
        sentence=f"`{path}` changed.",
    )


REMOVED = change(ChangeKind.FIELD_REMOVED, backward=True)
ADDED = change(ChangeKind.FIELD_ADDED, forward=True)
REWORDED = change(ChangeKind.DESCRIPTION_CHANGED)


def judged(*changes: Change, version: str | None = None, **policy: object) -> Verdict:
    return judge(
        AssetPolicy(**policy),  # type: ignore[arg-type]  # named by each test
        active(BOTH),
        ONE,
        changes,
        version,
    )


def test_the_first_contract_is_published_as_1_0_0() -> None:
    verdict = judge(AssetPolicy(), None, BOTH, (), None)
    assert (verdict.action, verdict.version) == (PublishAction.PUBLISHED, "1.0.0")


def test_the_same_content_is_no_new_version_even_if_one_is_asked_for() -> None:
    verdict = judge(AssetPolicy(), active(BOTH), BOTH, (), "9.0.0")
    assert (verdict.action, verdict.version) == (PublishAction.UNCHANGED, "1.4.2")


@pytest.mark.parametrize(
    ("made", "action", "version"),
    [
        (REMOVED, PublishAction.PROPOSED, "2.0.0"),
        (ADDED, PublishAction.PUBLISHED, "1.5.0"),
        (REWORDED, PublishAction.PUBLISHED, "1.4.3"),
    ],
)
def test_by_default_only_a_backward_break_waits(
    made: Change, action: PublishAction, version: str
) -> None:
    verdict = judged(made)
    assert (verdict.action, verdict.version) == (action, version)


@pytest.mark.parametrize(
    ("mode", "gates"),
    [
        (Mode.BACKWARD, {"removed"}),
        (Mode.BACKWARD_TRANSITIVE, {"removed"}),
        (Mode.FORWARD, {"added"}),
        (Mode.FORWARD_TRANSITIVE, {"added"}),
        (Mode.FULL, {"removed", "added"}),
        (Mode.FULL_TRANSITIVE, {"removed", "added"}),
        (Mode.NONE, set()),
    ],
)
def test_the_mode_says_which_breaks_wait_and_the_others_are_told(
    mode: Mode, gates: set[str]
) -> None:
    verdict = judged(REMOVED, ADDED, mode=mode)
    named = {"removed": REMOVED, "added": ADDED}
    assert set(verdict.gating) == {named[name] for name in gates}
    assert set(verdict.told) == {named[name] for name in named.keys() - gates}


def test_observing_gates_nothing_but_still_tells_and_still_counts_as_major() -> None:
    verdict = judged(REMOVED, observe=True)
    assert (verdict.action, verdict.gating, verdict.told) == (
        PublishAction.PUBLISHED,
        (),
        (REMOVED,),
    )
    assert verdict.version == "2.0.0"


def test_a_harmless_change_is_told_to_nobody() -> None:
    assert judged(REWORDED).told == ()


@pytest.mark.parametrize("version", ["one", "2", "2.0", "1.4.2", "1.4.1", "2.0.0-rc.1", "2.0.0+b"])
def test_a_version_that_cannot_be_taken_is_refused(version: str) -> None:
    with pytest.raises(InvalidVersion):
        judged(REMOVED, version=version)


def test_a_break_may_not_be_called_minor() -> None:
    with pytest.raises(InvalidVersion, match=r"at least 2\.0\.0"):
        judged(REMOVED, version="1.5.0")
    suggested = judged(REMOVED, version="1.5.0", semver_mode=SemverMode.SUGGEST)
    assert suggested.version == "1.5.0"


def test_enforcing_asks_for_a_version() -> None:
    with pytest.raises(InvalidVersion):
        judged(ADDED, semver_mode=SemverMode.ENFORCE)
    assert judged(ADDED, version="3.0.0", semver_mode=SemverMode.ENFORCE).version == "3.0.0"
