"""The facts of teams."""

from dataclasses import replace
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import Conflict
from domain.events import EventType, NewEvent
from domain.loosening import observing_loosens
from domain.permissions import Action
from domain.teams import Team, checked_team_name
from record import events, lookup
from store.database import Runner
from store.transaction import Transaction


async def create(runner: Runner, caller: Caller, name: str) -> Team:
    """Create a team; raises `Conflict` when the name is taken."""
    name = checked_team_name(name)

    async def work(tx: Transaction) -> Team:
        by = permitted(caller, Action.CREATE_TEAM, Resource(noun="teams"))
        team = await tx.teams.insert(name)
        if team is None:
            there = await tx.teams.named(name)
            raise Conflict(
                f"There is a team `{name}` already.", existing_id=str(there.id) if there else None
            )
        await events.append(
            tx,
            NewEvent(
                type=EventType.TEAM_CREATED,
                caller=by,
                summary=f"Team {team.name} is created.",
                team_id=team.id,
                payload={
                    "name": team.name,
                    "before": None,
                    "after": {"name": team.name, "observe": team.observe},
                },
            ),
        )
        return team

    return await runner.run(work)


async def change_policy(
    runner: Runner, caller: Caller, team_id: UUID, *, observe: bool | None, server: bool = False
) -> Team:
    """Say whether the team's assets observe that do not say it themselves; None: as the `server`.

    An owner of the team must say it where that lets something pass that did not.
    """

    async def work(tx: Transaction) -> Team:
        team = await lookup.locked_team(tx, team_id)
        before, after = (server if each is None else each for each in (team.observe, observe))
        loosens = observing_loosens(before, after)
        by = permitted(
            caller,
            Action.LOOSEN_POLICY if loosens else Action.CHANGE_POLICY,
            Resource(noun="policies", team_id=team_id),
        )
        if team.observe == observe:
            return team
        await tx.teams.set_observe(team_id, observe)
        await events.append(
            tx,
            NewEvent(
                type=EventType.TEAM_POLICY_CHANGED,
                caller=by,
                summary=f"The policy of {team.name} is changed.",
                team_id=team_id,
                payload={"before": {"observe": team.observe}, "after": {"observe": observe}},
            ),
        )
        return replace(team, observe=observe)

    return await runner.run(work)
