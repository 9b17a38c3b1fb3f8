"""Slack in the record: who somebody is here, what a message asked, what waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from domain.assets import Asset, AssetFilter
from domain.authorization import Principal
from domain.errors import Conflict, NotFound
from domain.pages import PageRequest
from domain.permissions import Action
from domain.principals import person_of
from domain.teams import Team
from domain.users import UserKind
from record import inbox
from record.inbox import Inbox
from store.database import Database, Work
from store.idempotency import RequestKey
from store.transaction import Transaction

T = TypeVar("T")

SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a message told of; `team_id` is whom it asked."""

    proposal_id: UUID
    team_id: UUID | None


class OncePerRequest:
    """A runner that does what one request asks once, however often it comes."""

    def __init__(self, database: Database, key: RequestKey) -> None:
        self._database = database
        self._key = key

    async def run(self, work: Work[T]) -> T:
        """Reserve the key and work, both or neither; raises `Conflict` for a request come again."""

        async def once(tx: Transaction) -> T:
            if await tx.idempotency.reserve(self._key) is not None:
                raise Conflict("This request was taken before.")
            result = await work(tx)
            await tx.idempotency.keep(self._key, 200, "")
            return result

        return await self._database.run(once)


async def person(database: Database, email: str) -> Principal | None:
    """Return who has this e-mail address here, as if they had signed in; bots do not come so."""

    async def work(tx: Transaction) -> Principal | None:
        user = await tx.users.of_email(email)
        if user is None or user.kind is not UserKind.PERSON:
            return None
        members = await tx.members.of_user(user.id)
        return person_of(user, {each.team_id: each.role for each in members})

    return await database.read(work)


async def asked(database: Database, event_id: UUID) -> Asked:
    """Return what the message of an event was about, or raise `NotFound`."""

    async def work(tx: Transaction) -> Asked:
        event = await tx.events.get(event_id)
        if event is None or event.proposal_id is None:
            raise NotFound("This message is too old: nothing is known of it any more.")
        return Asked(proposal_id=event.proposal_id, team_id=event.team_id)

    return await database.read(work)


async def waiting_for(database: Database, principal: Principal) -> Inbox:
    """Return the first of what waits for a person's teams."""
    teams = principal.teams_for(Action.ACKNOWLEDGE)
    return await database.read(lambda tx: inbox.read(tx, teams, PageRequest(limit=SHOWN)))


async def search(database: Database, text: str) -> tuple[Sequence[tuple[Asset, Team]], bool]:
    """Return the assets that have these words, and whether there are more."""

    async def work(tx: Transaction) -> tuple[Sequence[tuple[Asset, Team]], bool]:
        page = await tx.asset_search.page(PageRequest(limit=SHOWN), AssetFilter(text=text))
        return page.items, page.next is not None

    return await database.run(work)
