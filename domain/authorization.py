"""The one policy: may this principal do this action to that resource.

Every route calls `authorize`. The table is small while there is one bootstrap key; teams' roles and
scoped keys grow it here and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor
from domain.errors import Forbidden, Unauthenticated


class Role(StrEnum):
    """What a principal is to the server as a whole."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    """Anonymous on a development server with authentication off: may do everything."""
    NOBODY = "nobody"


class Action(StrEnum):
    """What can be asked of the server; routes name one each."""

    READ = "read"
    COMPARE = "compare"
    """Documents that are nobody's: it costs time and changes nothing."""
    CREATE_TEAM = "create_team"
    CHANGE_DESTINATION = "change_destination"
    CREATE_ASSET = "create_asset"
    CHANGE_POLICY = "change_policy"
    PUBLISH = "publish"
    REGISTER = "register"
    ACKNOWLEDGE = "acknowledge"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    FORCE = "force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks, as the credential says."""

    actor: Actor
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is acted on: a noun for the message, and the team it belongs to, if any."""

    noun: str
    team_id: UUID | None = None


_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.ADMIN: frozenset(Action),
    Role.DEVELOPER: frozenset(Action),
    Role.NOBODY: frozenset(),
}


def authorize(principal: Principal, action: Action, resource: Resource) -> None:
    """Return when it is allowed; else raise `Unauthenticated` or `Forbidden`."""
    if action in _ALLOWED[principal.role]:
        return
    if principal.role is Role.NOBODY:
        raise Unauthenticated("This needs a key: send it as `Authorization: Bearer <key>`.")
    raise Forbidden(f"{principal.actor.name} may not {action.replace('_', ' ')} ({resource.noun}).")
