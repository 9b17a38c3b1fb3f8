"""The one policy: may this principal do this action to that resource.

The table of who may do what is in `domain/permissions.py`. Routes ask `admit` before they read
anything, and the functions of `record/` ask `permitted` with the team that they have read under
their lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor, Caller
from domain.api_keys import Scope
from domain.errors import Forbidden, Unauthenticated
from domain.members import TeamRole
from domain.permissions import RULES, Action, Rule


class Role(StrEnum):
    """What a principal is to the server as a whole."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    """Anonymous on a development server with authentication off: may do everything."""
    USER = "user"
    """A credential as others: its scope and its teams say what it may do."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as the credential says.

    `teams` is what the holder of the credential is in each of its teams, `user_id` the user that it
    is bound to, `key_id` the key that it is; None for who signed in, and the bootstrap key.
    """

    actor: Actor
    role: Role
    scope: Scope = Scope.READ
    teams: Mapping[UUID, TeamRole] = field(default_factory=dict)
    user_id: UUID | None = None
    key_id: UUID | None = None

    @property
    def may_all(self) -> bool:
        """Whether no rule holds it back."""
        return self.role in (Role.ADMIN, Role.DEVELOPER)

    def teams_for(self, action: Action) -> frozenset[UUID]:
        """Return the teams in which the principal is what the action needs."""
        roles = RULES[action].roles
        return frozenset(team_id for team_id, role in self.teams.items() if role in roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is acted on: a noun for the message, and the team or the user that it belongs to.

    `key_id` if it is a key.
    """

    noun: str
    team_id: UUID | None = None
    user_id: UUID | None = None
    key_id: UUID | None = None


def authorize(principal: Principal, action: Action, resource: Resource) -> None:
    """Return when it is allowed; else raise `Unauthenticated` or `Forbidden`."""
    admit(principal, action, resource.noun)
    rule = RULES[action]
    if principal.may_all or rule.everybody:
        return
    if resource.team_id in principal.teams_for(action) or _is_oneself(principal, rule, resource):
        return
    raise _forbidden(principal, action, resource.noun)


def allows(principal: Principal, action: Action, resource: Resource) -> bool:
    """Whether it is allowed: what is offered to somebody; who does it is asked again."""
    try:
        authorize(principal, action, resource)
    except (Forbidden, Unauthenticated):
        return False
    return True


def _is_oneself(principal: Principal, rule: Rule, resource: Resource) -> bool:
    if rule.itself and resource.key_id is not None and resource.key_id == principal.key_id:
        return True
    is_user = resource.user_id is not None and resource.user_id == principal.user_id
    return rule.oneself and is_user and not (rule.in_person and principal.key_id is not None)


def admit(principal: Principal, action: Action, noun: str) -> None:
    """Return unless it is refused whatever the resource is: by the role or the scope alone."""
    if principal.role is Role.NOBODY:
        raise Unauthenticated("This needs a key: send it as `Authorization: Bearer <key>`.")
    rule = RULES[action]
    if principal.may_all:
        return
    if rule.scope is Scope.ADMIN:
        raise _forbidden(principal, action, noun)
    if not principal.scope.covers(rule.scope):
        raise Forbidden(
            f"The key of {principal.actor.name} has the scope `{principal.scope.value}`; to "
            f"{rule.says} it needs `{rule.scope.value}`.",
            action=action.value,
        )


def _forbidden(principal: Principal, action: Action, noun: str) -> Forbidden:
    rule = RULES[action]
    return Forbidden(
        f"{principal.actor.name} may not {rule.says} ({noun}): that is for {rule.who}.",
        action=action.value,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester(Caller):
    """Somebody outside of the server, who may do what the policy says and no more."""

    principal: Principal


def permitted(caller: Caller, action: Action, resource: Resource) -> Caller:
    """Return who stands in the log for this, or raise `Unauthenticated` or `Forbidden`.

    An administrator who is not of the team acts for it: both are kept. The server itself is asked
    nothing; whoever else asks comes as a `Requester`.
    """
    if caller.is_server:
        return caller
    if not isinstance(caller, Requester):
        raise TypeError(f"{caller.actor.kind.value} {caller.actor.name} brings no principal")
    principal = caller.principal
    authorize(principal, action, resource)
    actor = principal.actor
    roles, team_id = RULES[action].roles, resource.team_id
    is_of_it = team_id is not None and principal.teams.get(team_id) in roles
    if principal.may_all and roles and not is_of_it:
        actor = replace(actor, acting_for=team_id)
    return Caller(actor=actor, origin=caller.origin, request_id=caller.request_id)
