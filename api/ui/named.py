"""What a form names in words: a team by its name, a user by e-mail address, a bot by its name."""

from uuid import UUID

from api.call import Call
from api.ui.entered import Entered, team_of, user_of, wrong


async def named_team(call: Call, entered: Entered, field: str) -> UUID | None:
    """Return the team of a name or an id; None if none is named. Raises `InvalidRequest`."""
    name = entered.text(field)
    if name is None:
        return None
    team = await call.resources.database.read(lambda tx: team_of(tx, name))
    if team is None:
        raise wrong(field, f"There is no team `{name}`.")
    return team.id


async def needed_team(call: Call, entered: Entered, field: str, otherwise: str) -> UUID:
    """The same where one must be named; `otherwise` says so."""
    team_id = await named_team(call, entered, field)
    if team_id is None:
        raise wrong(field, otherwise)
    return team_id


async def named_user(call: Call, entered: Entered, field: str) -> UUID:
    """Return the person of an e-mail address, or the bot of a name; raises `InvalidRequest`."""
    named = entered.text(field) or ""
    found = await call.resources.database.read(lambda tx: user_of(tx, named))
    if found is None:
        raise wrong(field, "Nobody has this e-mail address, and no bot this name.")
    return found.id
