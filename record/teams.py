"""The facts of teams."""

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import Conflict
from domain.events import EventType, NewEvent
from domain.permissions import Action
from domain.teams import Team, checked_team_name
from record import events
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
