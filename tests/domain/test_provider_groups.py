"""What groups make of their people."""

import pytest

from domain.errors import InvalidRequest
from domain.members import TeamRole
from domain.provider_groups import GroupRules


def test_of_several_roles_the_highest_counts() -> None:
    rules = GroupRules.parse(
        "eng=orders:viewer, leads=orders:owner ,eng=orders:member,eng=check out:viewer"
    )
    member = {"orders": TeamRole.MEMBER, "check out": TeamRole.VIEWER}
    assert rules.granted(["eng", "tea"]).roles == member
    assert rules.granted(["leads", "eng"]).roles == {**member, "orders": TeamRole.OWNER}
    assert rules.granted([]).roles == {}


def test_only_a_group_that_is_named_makes_administrators() -> None:
    rules = GroupRules.parse("platform=*:admin,eng=orders:owner")
    assert rules.granted(["platform"]).administrator
    assert not rules.granted(["eng", "Platform", "*"]).administrator


def test_no_rules_mean_nothing() -> None:
    assert not GroupRules.parse(" , ")
    assert GroupRules.parse("a=b:viewer")


@pytest.mark.parametrize(
    "text",
    ["eng", "eng=orders", "eng=orders:boss", "eng=*:owner", "eng=orders:admin", "=orders:owner"],
)
def test_what_is_no_rule_is_refused_and_named(text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        GroupRules.parse(f"a=b:viewer,{text}")
    assert text in refusal.value.detail
