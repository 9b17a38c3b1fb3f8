"""What a team says about itself as a party and as an owner of assets, besides observing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.authorization import Principal
from domain.json_types import JsonObject
from domain.members import TeamRole

ANSWERERS_LIMIT = 50


class WhoAnswers(StrEnum):
    """Which of its people answer for a team; administrators may in any case."""

    MEMBERS = "members"
    """Owners and members."""
    OWNERS = "owners"
    NAMED = "named"
    """Those whom the team names, as long as they are owners or members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """To whom silence is escalated last: a team, or a user."""

    team_id: UUID | None = None
    user_id: UUID | None = None

    def to_wire(self) -> JsonObject:
        """Return the fallback as JSON has it."""
        if self.team_id is not None:
            return {"team_id": str(self.team_id)}
        return {"user_id": str(self.user_id)}

    @classmethod
    def from_wire(cls, stored: Mapping[str, object] | None) -> "Fallback | None":
        """Return the fallback that was stored, if there was one."""
        if stored is None:
            return None
        ids = {name: UUID(str(stored[name])) for name in ("team_id", "user_id") if name in stored}
        return cls(**ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPolicy:
    """`timeline` is what its own assets do that do not say it themselves, in wire form.

    `who_answers`, `answerers` and `fallback` are about the team when it is asked.
    """

    timeline: Mapping[str, str] = field(default_factory=dict)
    who_answers: WhoAnswers = WhoAnswers.MEMBERS
    answerers: tuple[UUID, ...] = ()
    fallback: Fallback | None = None

    def admits(self, role: TeamRole | None, user_id: UUID | None) -> bool:
        """Whether this rule lets somebody answer who works for the team in a role."""
        if self.who_answers is WhoAnswers.OWNERS:
            return role is TeamRole.OWNER
        return self.who_answers is WhoAnswers.MEMBERS or user_id in self.answerers


NO_POLICY = TeamPolicy()


def may_answer(
    principal: Principal, team_id: UUID, policy: TeamPolicy, delegate_id: UUID | None
) -> bool:
    """Whether somebody who may act for a team may give its answer: by its rule, or handed to them.

    Those who may by the rule may still, when the answer is handed to somebody else.
    """
    if principal.may_all:
        return True
    user_id = principal.user_id
    handed = user_id is not None and user_id == delegate_id
    return handed or policy.admits(principal.teams.get(team_id), user_id)
