"""What one unit of work sees: the session and a repository per noun."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.acknowledgments import Acknowledgments
from store.assets import Assets
from store.contracts import Contracts
from store.deliveries import Deliveries
from store.destinations import Destinations
from store.events import Events
from store.health import Health
from store.idempotency import IdempotencyKeys
from store.outbox import Outbox
from store.parties import Parties
from store.proposals import Proposals
from store.registrations import Registrations
from store.teams import Teams


class Transaction:
    """Repositories over one session. They never commit; the runner does."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.topics: set[str] = set()
        """Channels to NOTIFY once the commit is done."""
        self.acknowledgments = Acknowledgments(session)
        self.assets = Assets(session)
        self.contracts = Contracts(session)
        self.deliveries = Deliveries(session)
        self.destinations = Destinations(session)
        self.events = Events(session, self.topics)
        self.health = Health(session)
        self.idempotency = IdempotencyKeys(session)
        self.outbox = Outbox(session, self.topics)
        self.parties = Parties(session)
        self.proposals = Proposals(session)
        self.registrations = Registrations(session)
        self.teams = Teams(session)

    async def now(self) -> datetime:
        """Return Postgres' time: a stamp for rows, never compared with a workflow's clock."""
        now: datetime = (await self.session.scalars(select(func.clock_timestamp()))).one()
        return now
