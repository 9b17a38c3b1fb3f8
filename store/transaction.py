"""What one unit of work sees: the statements and a repository per noun."""

from datetime import datetime

from sqlalchemy import func, select

from domain.destinations import Channels
from store.acknowledgments import Acknowledgments
from store.api_keys import ApiKeys
from store.asides import BesideProposals
from store.asset_search import AssetSearch
from store.assets import Assets
from store.audiences import Audiences
from store.catalogue import Catalogue
from store.comments import Comments
from store.consent import Consent
from store.contracts import Contracts
from store.deliveries import Deliveries
from store.delivery_history import DeliveryHistory
from store.dependencies import Dependencies
from store.destinations import Destinations
from store.digests import Digests
from store.encrypted_columns import EncryptedColumns
from store.encryption import Encryption
from store.events import NEW_EVENTS, Events
from store.fallbacks import Fallbacks
from store.fixed import fixed
from store.health import Health
from store.idempotency import IdempotencyKeys
from store.identities import Identities
from store.inbox import Inbox
from store.listed_proposals import ListedProposals
from store.members import Members
from store.movers import Movers
from store.objections import Objections
from store.outbox import NEW_OUTBOX, Outbox
from store.overview import Overview
from store.parties import Parties
from store.passwords import Passwords
from store.proofs import Proofs
from store.proposals import Proposals
from store.publications import Publications
from store.rate_limits import RateLimits
from store.registrations import Registrations
from store.releases import Releases
from store.reports import Reports
from store.retention import Retention
from store.retirements import Retirements
from store.rounds import Rounds
from store.seals import Seals
from store.sessions import Sessions
from store.sign_ins import SignIns
from store.slack_installations import SlackInstallations
from store.slack_messages import SlackMessages
from store.sql import Sql
from store.stewards import Stewards
from store.team_calendars import TeamCalendars
from store.team_listing import TeamListing
from store.teams import Teams
from store.users import Users

_END = fixed(NEW_OUTBOX.insertion.add_cte(NEW_EVENTS.insertion.cte("logged")))


class Transaction:
    """Repositories over one connection. They never commit; the runner does."""

    together_at: datetime | None = None
    """When what this transaction tells goes out, with all else that waits for it: one message to
    each destination. None: each by itself, as its destination wants it."""

    def __init__(self, sql: Sql, encryption: Encryption, channels: Channels) -> None:
        self.sql = sql
        self.channels = channels
        self.topics: set[str] = set()
        """Channels to NOTIFY once the commit is done."""
        self.acknowledgments = Acknowledgments(sql)
        self.api_keys = ApiKeys(sql)
        self.assets = Assets(sql)
        self.comments = Comments(sql)
        self.consent = Consent(sql)
        self.contracts = Contracts(sql)
        self.dependencies = Dependencies(sql)
        self.events = Events(sql, self.topics)
        self.fallbacks = Fallbacks(sql)
        self.idempotency = IdempotencyKeys(sql)
        self.identities = Identities(sql)
        self.members = Members(sql)
        self.movers = Movers(sql)
        self.objections = Objections(sql)
        self.outbox = Outbox(sql, self.topics)
        self.parties = Parties(sql)
        self.passwords = Passwords(sql)
        self.proposals = Proposals(sql)
        self.publications = Publications(sql)
        self.rate_limits = RateLimits(sql)
        self.registrations = Registrations(sql)
        self.releases = Releases(sql)
        self.retention = Retention(sql)
        self.retirements = Retirements(sql)
        self.rounds = Rounds(sql)
        self.seals = Seals(sql)
        self.sessions = Sessions(sql)
        self.sign_ins = SignIns(sql)
        self.stewards = Stewards(sql)
        self.team_calendars = TeamCalendars(sql)
        self.teams = Teams(sql)
        self.users = Users(sql)
        self._look_over(sql)
        self._reach_others(sql, encryption, channels)

    def _look_over(self, sql: Sql) -> None:
        """The repositories of what is read over many nouns at once."""
        self.asset_search = AssetSearch(sql)
        self.beside_proposals = BesideProposals(sql)
        self.catalogue = Catalogue(sql)
        self.health = Health(sql)
        self.inbox = Inbox(sql)
        self.listed_proposals = ListedProposals(sql)
        self.overview = Overview(sql)
        self.proofs = Proofs(sql)
        self.reports = Reports(sql)
        self.team_listing = TeamListing(sql)

    def _reach_others(self, sql: Sql, encryption: Encryption, channels: Channels) -> None:
        """The repositories of where messages go, and of what must be encrypted."""
        self.audiences = Audiences(sql, channels)
        self.deliveries = Deliveries(sql, channels)
        self.delivery_history = DeliveryHistory(sql)
        self.destinations = Destinations(sql, encryption)
        self.digests = Digests(sql, channels)
        self.encrypted_columns = EncryptedColumns(sql, encryption)
        self.slack_installations = SlackInstallations(sql, encryption)
        self.slack_messages = SlackMessages(sql, channels)

    async def finish(self) -> None:
        """Write what was kept for the end: events, their deliveries, and the outbox; few rows each.

        The runner calls it before the commit.
        """
        await self._deliver()
        await self._refresh()
        events, outbox = self.events.taken(), self.outbox.taken()
        if events or outbox:
            await self.sql.execute(_END, NEW_EVENTS.arrays(events) | NEW_OUTBOX.arrays(outbox))

    async def _deliver(self) -> None:
        """Put the deliveries of events beside them; without a destination there is no workflow."""
        notifying = self.events.notifying()
        routed = await self.audiences.of(notifying) if notifying else {}
        if not any(routed.values()):
            return
        await self.events.write()
        for event_id, part, delivery_ids in await self.deliveries.insert(routed, self.together_at):
            self.outbox.deliver(event_id, part, delivery_ids)

    async def _refresh(self) -> None:
        """Have messages that stand somewhere say what is true now."""
        refreshes = await self.slack_messages.refreshes(self.events.refreshing())
        if not refreshes:
            return
        await self.events.write()
        for event_id, delivery_id in await self.slack_messages.insert(refreshes):
            self.outbox.deliver_alone(event_id, delivery_id)

    async def now(self) -> datetime:
        """Return Postgres' time: a stamp for rows, never compared with a workflow's clock."""
        now: datetime = await self.sql.one_value(select(func.clock_timestamp()))
        return now
