"""From a user to a principal, for doors that know a person by other means than a key."""

from collections.abc import Mapping
from uuid import UUID

from domain.actors import Actor, ActorKind
from domain.api_keys import Scope
from domain.authorization import Principal, Role
from domain.members import TeamRole
from domain.users import User


def person_of(user: User, teams: Mapping[UUID, TeamRole]) -> Principal | None:
    """Return who has signed in as a user: whatever they are, as with the widest key of theirs."""
    if not user.active:
        return None
    return Principal(
        actor=Actor(kind=ActorKind.PERSON, name=user.name, id=user.id),
        role=Role.ADMIN if user.administrator else Role.USER,
        scope=Scope.ADMIN if user.administrator else Scope.WRITE,
        teams=teams,
        user_id=user.id,
    )
