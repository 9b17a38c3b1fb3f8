"""What somebody is here because of the groups that the identity provider has them in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.errors import InvalidRequest
from domain.members import TeamRole

ADMINISTRATOR = "*:admin"
_GRANT = re.compile(r"(?P<group>[^=]+)=(?P<team>[^=:]+):(?P<role>[a-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIdentity:
    """Who somebody is at the provider: the subject is theirs for ever, the rest may change."""

    issuer: str
    subject: str
    name: str
    email: str | None
    """Only if the provider says that it is theirs."""
    groups: frozenset[str] | None
    """None where the provider did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What groups make of somebody: a role in teams, by the teams' names, or an administrator."""

    roles: Mapping[str, TeamRole]
    administrator: bool


@dataclass(frozen=True, slots=True)
class GroupRules:
    """`data-eng=orders:member,platform=*:admin`: who is in a group is that in the team."""

    teams: tuple[tuple[str, str, TeamRole], ...] = ()
    administrators: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "GroupRules":
        """Read the rules, or raise `InvalidRequest` that names the one that is wrong."""
        teams: list[tuple[str, str, TeamRole]] = []
        administrators: set[str] = set()
        for part in (each.strip() for each in text.split(",")):
            if not part:
                continue
            found = _GRANT.fullmatch(part)
            if found is None:
                raise _wrong(part)
            group, team, role = (found[name].strip() for name in ("group", "team", "role"))
            if f"{team}:{role}" == ADMINISTRATOR:
                administrators.add(group)
            elif team != "*" and role in set(TeamRole):
                teams.append((group, team, TeamRole(role)))
            else:
                raise _wrong(part)
        return cls(teams=tuple(teams), administrators=frozenset(administrators))

    def __bool__(self) -> bool:
        """Whether groups mean anything here."""
        return bool(self.teams or self.administrators)

    def granted(self, groups: Iterable[str]) -> Granted:
        """Return what somebody in these groups is; of several roles in a team the highest."""
        held = frozenset(groups)
        order = list(TeamRole)  # from the owner down
        roles: dict[str, TeamRole] = {}
        for group, team, role in self.teams:
            if group in held:
                roles[team] = min(roles.get(team, role), role, key=order.index)
        return Granted(roles=roles, administrator=bool(held & self.administrators))


def _wrong(part: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{part}` is no rule for a group: write `group=team:role` with owner, member or viewer, "
        f"or `group={ADMINISTRATOR}`."
    )
