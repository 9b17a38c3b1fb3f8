"""The one policy, as a table of all actions and roles."""

import pytest

from domain.actors import Actor, ActorKind
from domain.authorization import Action, Principal, Resource, Role, authorize
from domain.errors import Unauthenticated


def principal(role: Role) -> Principal:
    return Principal(actor=Actor(kind=ActorKind.ANONYMOUS, name="somebody"), role=role)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.DEVELOPER])
def test_the_administrator_and_a_development_server_may_do_everything(
    action: Action, role: Role
) -> None:
    authorize(principal(role), action, Resource(noun="assets"))


@pytest.mark.parametrize("action", Action)
def test_nobody_may_do_anything_not_even_read(action: Action) -> None:
    with pytest.raises(Unauthenticated, match="needs a key"):
        authorize(principal(Role.NOBODY), action, Resource(noun="assets"))
