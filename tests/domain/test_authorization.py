"""The one policy: scope, then team, then oneself; and who stands in the log."""

from dataclasses import replace
from uuid import uuid4

import pytest

from domain.actors import WORKFLOW, Actor, ActorKind, Caller, Origin
from domain.api_keys import Scope
from domain.authorization import Principal, Requester, Resource, Role, admit, authorize, permitted
from domain.errors import Forbidden, Unauthenticated
from domain.members import TeamRole
from domain.permissions import RULES, Action

TEAM, OTHER, USER = uuid4(), uuid4(), uuid4()
ACTOR = Actor(kind=ActorKind.PERSON, name="ada", id=USER)
OF_TEAM = Resource(noun="assets", team_id=TEAM)
IN_TEAM = [action for action, rule in RULES.items() if rule.roles]


def principal(
    role: Role = Role.USER, scope: Scope = Scope.WRITE, team: TeamRole | None = None
) -> Principal:
    teams = {} if team is None else {TEAM: team}
    return Principal(actor=ACTOR, role=role, scope=scope, teams=teams, user_id=USER)


def allowed(who: Principal, action: Action, resource: Resource = OF_TEAM) -> bool:
    try:
        authorize(who, action, resource)
    except Forbidden as refusal:
        return refusal.extra["action"] != action.value
    return True


def test_every_action_has_its_rule() -> None:
    assert set(RULES) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.DEVELOPER])
def test_the_administrator_and_a_development_server_may_do_everything(
    action: Action, role: Role
) -> None:
    assert allowed(principal(role, Scope.ADMIN), action)


@pytest.mark.parametrize("action", Action)
def test_nobody_may_do_anything_not_even_read(action: Action) -> None:
    for ask in (authorize, permitted):
        who: object = principal(Role.NOBODY)
        if ask is permitted:
            who = requester(principal(Role.NOBODY))
        with pytest.raises(Unauthenticated, match="needs a key"):
            ask(who, action, OF_TEAM)  # type: ignore[arg-type]


@pytest.mark.parametrize("action", IN_TEAM)
def test_what_a_role_may_is_what_the_rule_says_and_only_in_that_team(action: Action) -> None:
    for role in TeamRole:
        assert allowed(principal(team=role), action) == (role in RULES[action].roles)
        assert not allowed(principal(team=role), action, Resource(noun="assets", team_id=OTHER))
        assert not allowed(principal(team=role), action, Resource(noun="assets"))


@pytest.mark.parametrize("action", Action)
def test_a_scope_that_is_too_small_is_refused_at_the_door(action: Action) -> None:
    reader = principal(scope=Scope.READ, team=TeamRole.OWNER)
    if RULES[action].scope is Scope.READ:
        admit(reader, action, "assets")
    else:
        with pytest.raises(Forbidden):
            admit(reader, action, "assets")
        assert not allowed(reader, action)


def test_no_scope_makes_an_administrator_of_who_is_none() -> None:
    who = principal(scope=Scope.ADMIN, team=TeamRole.OWNER)
    alone = [action for action in Action if RULES[action].scope is Scope.ADMIN]
    of_teams = [Action.CREATE_TEAM, Action.DELETE_TEAM]
    assert alone == [
        Action.GRANT_ADMIN,
        *(Action.FORCE, Action.REASSIGN, Action.CANCEL),
        *of_teams,
        Action.CHANGE_USERS,
        Action.LINK_PASSWORD,
        *(Action.INSTALL_SLACK, Action.VERIFY_LOG),
    ]
    assert not any(allowed(who, action) for action in alone)


def test_ones_own_keys_are_ones_own() -> None:
    mine, others = (Resource(noun="API keys", user_id=user) for user in (USER, uuid4()))
    for action in (Action.READ_KEYS, Action.CREATE_KEYS, Action.ROTATE_KEYS, Action.REVOKE_KEYS):
        assert allowed(principal(), action, mine)
        assert not allowed(principal(), action, others)
    assert not allowed(principal(), Action.CHANGE_MEMBERS, mine)
    of_team = Principal(actor=ACTOR, role=Role.USER, scope=Scope.WRITE)
    assert not allowed(of_team, Action.REVOKE_KEYS, Resource(noun="API keys"))


def test_a_key_makes_none_for_its_user_and_replaces_itself_alone() -> None:
    key_id = uuid4()
    key = replace(principal(), key_id=key_id)
    itself, sibling = (
        Resource(noun="API keys", user_id=USER, key_id=each) for each in (key_id, uuid4())
    )
    assert allowed(key, Action.ROTATE_KEYS, itself)
    assert not allowed(key, Action.ROTATE_KEYS, sibling)
    assert not allowed(key, Action.CREATE_KEYS, Resource(noun="API keys", user_id=USER))
    assert allowed(key, Action.REVOKE_KEYS, sibling)


def requester(who: Principal) -> Requester:
    return Requester(principal=who, actor=who.actor, origin=Origin.API, request_id="r")


def test_a_member_stands_in_the_log_as_themselves() -> None:
    by = permitted(requester(principal(team=TeamRole.MEMBER)), Action.PUBLISH, OF_TEAM)
    assert by == Caller(actor=ACTOR, origin=Origin.API, request_id="r")


def test_an_administrator_acts_for_the_team_and_both_stand_in_the_log() -> None:
    admin = principal(Role.ADMIN, Scope.ADMIN)
    by = permitted(requester(admin), Action.PUBLISH, OF_TEAM)
    assert (by.actor.name, by.actor.acting_for) == ("ada", TEAM)
    assert permitted(requester(admin), Action.FORCE, OF_TEAM).actor == ACTOR
    own = principal(Role.ADMIN, Scope.ADMIN, TeamRole.MEMBER)
    assert permitted(requester(own), Action.PUBLISH, OF_TEAM).actor == ACTOR


def test_the_server_itself_is_asked_nothing_and_nobody_else_comes_without_a_principal() -> None:
    assert permitted(WORKFLOW, Action.FORCE, OF_TEAM) is WORKFLOW
    caller = Caller(actor=ACTOR, origin=Origin.API)
    with pytest.raises(TypeError, match="person ada brings no principal"):
        permitted(caller, Action.READ, OF_TEAM)
