"""A team's own rule who answers for it, and what it means to hand an answer to somebody."""

from uuid import UUID

import pytest

from domain.actors import Actor, ActorKind
from domain.api_keys import Scope
from domain.authorization import Principal, Role
from domain.members import TeamRole
from domain.team_policies import TeamPolicy, WhoAnswers, may_answer

TEAM, ADA, BOB = (UUID(int=number) for number in range(1, 4))
MEMBER, OWNER = TeamRole.MEMBER, TeamRole.OWNER


def somebody(
    user_id: UUID | None, role: TeamRole | None, server_role: Role = Role.USER
) -> Principal:
    return Principal(
        actor=Actor(kind=ActorKind.PERSON, name="ada"),
        role=server_role,
        scope=Scope.WRITE,
        teams={} if role is None else {TEAM: role},
        user_id=user_id,
    )


@pytest.mark.parametrize(
    ("rule", "role", "may"),
    [
        (TeamPolicy(), MEMBER, True),
        (TeamPolicy(), OWNER, True),
        (TeamPolicy(who_answers=WhoAnswers.OWNERS), MEMBER, False),
        (TeamPolicy(who_answers=WhoAnswers.OWNERS), OWNER, True),
        (TeamPolicy(who_answers=WhoAnswers.NAMED, answerers=(ADA,)), MEMBER, True),
        (TeamPolicy(who_answers=WhoAnswers.NAMED, answerers=(BOB,)), OWNER, False),
        (TeamPolicy(who_answers=WhoAnswers.MEMBERS, answerers=(BOB,)), MEMBER, True),
    ],
)
def test_the_rule_says_who_answers(rule: TeamPolicy, role: TeamRole, may: bool) -> None:
    assert may_answer(somebody(ADA, role), TEAM, rule, None) is may


def test_whom_it_is_handed_to_may_whatever_the_rule_is_and_the_others_still_may() -> None:
    owners = TeamPolicy(who_answers=WhoAnswers.OWNERS)
    assert may_answer(somebody(ADA, MEMBER), TEAM, owners, ADA)
    assert not may_answer(somebody(BOB, MEMBER), TEAM, owners, ADA)
    assert may_answer(somebody(BOB, OWNER), TEAM, owners, ADA)


def test_a_key_of_a_team_is_nobody_by_name() -> None:
    named = TeamPolicy(who_answers=WhoAnswers.NAMED, answerers=(ADA,))
    assert not may_answer(somebody(None, MEMBER), TEAM, named, ADA)
    assert not may_answer(somebody(None, MEMBER), TEAM, named, None)


def test_administrators_may_in_any_case() -> None:
    owners = TeamPolicy(who_answers=WhoAnswers.OWNERS)
    assert may_answer(somebody(BOB, None, Role.ADMIN), TEAM, owners, None)
