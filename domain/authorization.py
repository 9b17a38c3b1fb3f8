"""The one policy: may this principal do this action to that resource.

`RULES` is the table of who may do what; the page on permissions is written from it. Routes ask
`admit` before they read anything, and the functions of `record/` ask `permitted` with the team that
they have read under their lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor, Caller
from domain.api_keys import Scope
from domain.errors import Forbidden, Unauthenticated
from domain.members import TeamRole


class Role(StrEnum):
    """What a principal is to the server as a whole."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    """Anonymous on a development server with authentication off: may do everything."""
    USER = "user"
    """A credential as others: its scope and its teams say what it may do."""
    NOBODY = "nobody"


class Action(StrEnum):
    """What can be asked of the server; routes name one each."""

    READ = "read"
    COMPARE = "compare"
    """Documents that are nobody's: it costs time and changes nothing."""
    CREATE_ASSET = "create_asset"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    CHANGE_POLICY = "change_policy"
    LOOSEN_POLICY = "loosen_policy"
    """Consumers are asked about less, or later: the part of a change of policy that harms them."""
    CHANGE_DESTINATION = "change_destination"
    REGISTER = "register"
    ACKNOWLEDGE = "acknowledge"
    CHANGE_MEMBERS = "change_members"
    READ_KEYS = "read_keys"
    CHANGE_KEYS = "change_keys"
    GRANT_ADMIN = "grant_admin"
    """Make a key of the scope `admin`."""
    FORCE = "force"
    CREATE_TEAM = "create_team"
    CHANGE_USERS = "change_users"


_WORKING = frozenset({TeamRole.MEMBER, TeamRole.OWNER})
_OWNING = frozenset({TeamRole.OWNER})
_NOBODYS: frozenset[TeamRole] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do an action besides administrators, who may do all of them."""

    says: str
    scope: Scope
    everybody: bool = False
    """Whether any credential of the scope will do."""
    team: str = ""
    """Which team counts, in words."""
    roles: frozenset[TeamRole] = _NOBODYS
    """What one must be in that team."""
    oneself: bool = False
    """Whether the user whom it is about may do it too."""

    @property
    def who(self) -> str:
        """Return for whom it is, as a part of a sentence."""
        if self.everybody:
            return "everybody"
        if not self.roles:
            return "administrators"
        who = " and ".join(f"{role.value}s" for role in TeamRole if role in self.roles)
        return f"{who} of {self.team}{', and the user' if self.oneself else ''}"


_READ, _WRITE, _ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
_OWNER_TEAM = "the team that owns the asset"
RULES: Mapping[Action, Rule] = {
    Action.READ: Rule(says="read everything but keys", scope=_READ, everybody=True),
    Action.COMPARE: Rule(says="compare two documents", scope=_READ, everybody=True),
    Action.CREATE_ASSET: Rule(
        says="create an asset", scope=_WRITE, team=_OWNER_TEAM, roles=_WORKING
    ),
    Action.PUBLISH: Rule(
        says="publish a contract or an approved proposal",
        scope=_WRITE,
        team=_OWNER_TEAM,
        roles=_WORKING,
    ),
    Action.WITHDRAW: Rule(
        says="withdraw a proposal", scope=_WRITE, team=_OWNER_TEAM, roles=_WORKING
    ),
    Action.CONFIRM: Rule(
        says="confirm a proposal against a moved base",
        scope=_WRITE,
        team=_OWNER_TEAM,
        roles=_WORKING,
    ),
    Action.CHANGE_POLICY: Rule(
        says="make a policy stricter", scope=_WRITE, team="the team it is for", roles=_WORKING
    ),
    Action.LOOSEN_POLICY: Rule(
        says="make a policy looser", scope=_WRITE, team="the team it is for", roles=_OWNING
    ),
    Action.CHANGE_DESTINATION: Rule(
        says="set or remove a team's webhook", scope=_WRITE, team="the team", roles=_WORKING
    ),
    Action.REGISTER: Rule(
        says="register, change and remove a registration",
        scope=_WRITE,
        team="the team that reads",
        roles=_WORKING,
    ),
    Action.ACKNOWLEDGE: Rule(
        says="answer a proposal", scope=_WRITE, team="the team that answers", roles=_WORKING
    ),
    Action.CHANGE_MEMBERS: Rule(
        says="add and remove members, change their roles",
        scope=_WRITE,
        team="the team",
        roles=_OWNING,
    ),
    Action.READ_KEYS: Rule(
        says="see which keys there are",
        scope=_READ,
        team="the team that a key is for",
        roles=frozenset(TeamRole),
        oneself=True,
    ),
    Action.CHANGE_KEYS: Rule(
        says="create, rotate and revoke keys",
        scope=_WRITE,
        team="the team that a key is for",
        roles=_OWNING,
        oneself=True,
    ),
    Action.GRANT_ADMIN: Rule(says="create or rotate a key of the scope admin", scope=_ADMIN),
    Action.FORCE: Rule(says="force a proposal past its parties", scope=_ADMIN),
    Action.CREATE_TEAM: Rule(says="create a team", scope=_ADMIN),
    Action.CHANGE_USERS: Rule(
        says="create, change, deactivate and reactivate users and bots", scope=_ADMIN
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as the credential says.

    `teams` is what the holder of the credential is in each of its teams, `user_id` the user that it
    is bound to.
    """

    actor: Actor
    role: Role
    scope: Scope = Scope.READ
    teams: Mapping[UUID, TeamRole] = field(default_factory=dict)
    user_id: UUID | None = None

    @property
    def may_all(self) -> bool:
        """Whether no rule holds it back."""
        return self.role in (Role.ADMIN, Role.DEVELOPER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is acted on: a noun for the message, and the team or the user that it belongs to."""

    noun: str
    team_id: UUID | None = None
    user_id: UUID | None = None


def authorize(principal: Principal, action: Action, resource: Resource) -> None:
    """Return when it is allowed; else raise `Unauthenticated` or `Forbidden`."""
    admit(principal, action, resource.noun)
    rule = RULES[action]
    if principal.may_all or rule.everybody:
        return
    if resource.team_id is not None and principal.teams.get(resource.team_id) in rule.roles:
        return
    if rule.oneself and resource.user_id is not None and resource.user_id == principal.user_id:
        return
    raise _forbidden(principal, action, resource.noun)


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

    An administrator who is not of the team acts for it: both are kept. What is no `Requester` is
    the server itself.
    """
    if not isinstance(caller, Requester):
        return caller
    principal = caller.principal
    authorize(principal, action, resource)
    actor = principal.actor
    roles, team_id = RULES[action].roles, resource.team_id
    is_of_it = team_id is not None and principal.teams.get(team_id) in roles
    if principal.may_all and roles and not is_of_it:
        actor = replace(actor, acting_for=team_id)
    return Caller(actor=actor, origin=caller.origin, request_id=caller.request_id)
