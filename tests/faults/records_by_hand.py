"""Records by hand, sound as they are made, in which one thing is changed to break a law."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from embedded.postgres import EmbeddedPostgres
from embedded.temporal import DevServer
from tests.faults.callers import Caller, Kind
from tests.faults.findings import Law
from tests.faults.laws import judged
from tests.faults.receivers import Receiver
from tests.faults.servers import Servers
from tests.faults.whole_record import TABLES, Record
from tests.support.facts import table

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
Made = dict[str, object]


def _never_started() -> Servers:
    """Servers of which nothing but their kills is looked at."""
    nowhere = Path("nowhere")
    return Servers(
        directory=nowhere,
        postgres=EmbeddedPostgres(nowhere),
        temporal=DevServer(nowhere, log=nowhere, port=None, ui_port=None),
        temporal_file=nowhere,
        urls=(),
        commands=(),
    )


@dataclass
class ByHand:
    """Rows by table and by what each is called, which stands for its id where it has one."""

    tables: dict[str, dict[str, Made]] = field(
        default_factory=lambda: {name: {} for name in TABLES}
    )
    caller: Caller = field(default_factory=lambda: Caller((), ()))
    receivers: list[Receiver] = field(default_factory=list)
    servers: Servers = field(default_factory=_never_started)

    def add(self, table: str, called: str, **columns: object) -> None:
        assert called not in self.tables[table], f"{table} have {called} already"
        self.tables[table][called] = {"id": called, **columns}

    def change(self, table: str, called: str, change: Mapping[str, object] | None) -> None:
        """Change some columns of a row; None: the row is gone."""
        if change is None:
            del self.tables[table][called]
        else:
            self.tables[table][called] |= change

    def repeat(self, table: str, called: str) -> None:
        """The same row once more, with an id of its own."""
        again = f"{called} again"
        self.tables[table][again] = self.tables[table][called] | {"id": again}

    def event(
        self,
        type_: str,
        proposal: str | None = None,
        team: str | None = None,
        called: str | None = None,
        **payload: object,
    ) -> None:
        """An event is called by its type and its proposal, or as is said."""
        self.add(
            "events",
            called or f"{type_} {proposal}",
            type=type_,
            transaction=1,
            asset_id=None,
            proposal_id=proposal,
            team_id=team,
            payload=payload,
        )

    def answer(self, proposal: str, team: str, response: str, *, again: str = "") -> None:
        """Who is asked answers; the answer, its event and its mark are called by both."""
        called = f"{team} on {proposal}{again}"
        self.add(
            "acknowledgments",
            called,
            proposal_id=proposal,
            team_id=team,
            note=called,
            changes_hash="asked",
            carried_from=None,
        )
        self.event("proposal.acknowledged", proposal, team, called, response=response, note=called)

    def asked(self, proposal: str, team: str) -> None:
        """Who reads `email`, which every proposal drops."""
        called = f"{team} on {proposal}"
        self.registered(proposal, team)
        self.add("parties", called, proposal_id=proposal, team_id=team, changes_hash="asked")
        self.add("notices", called, proposal_id=proposal, team_id=team, delivered_at=NOON)

    def registered(self, asset: str, team: str) -> None:
        called = f"{team} on {asset}"
        self.caller.accept(Kind.REGISTRATION, called, called)
        self.add(
            "registrations",
            called,
            asset_id=asset,
            consumer_team_id=team,
            fields=["email"],
            ended_at=None,
        )

    def proposal(self, called: str, status: str, cause: str, *, silence: str = "expire") -> None:
        """A proposal that has ended, of an asset and with contracts that are called after it."""
        self.add(
            "proposals",
            called,
            asset_id=called,
            base_contract_id=f"old {called}",
            schema=table("id", "name"),
            status=status,
            cause=cause,
            policy={"timeline": {"on_deadline": silence, "publish": "at_once"}},
            content_hash="new",
            ended_at=NOON,
            extended_by=timedelta(0),
            **dict.fromkeys(("withdrawn", "cancelled", "forced", "stuck", "publish_at")),
            **dict.fromkeys(("release_id", "force_requested", "publish_requested")),
        )
        self.caller.accept(Kind.PROPOSED, called, called)
        self.event("proposal.opened", called, after={"content_hash": "new"})
        self.event(f"proposal.{status}", called)
        self.contract(f"old {called}", called, "1.0.0")
        if status == "published":
            self.change("contracts", f"old {called}", {"status": "deprecated"})
            self.contract(f"new {called}", called, "2.0.0", proposal=called)

    def contract(
        self, called: str, asset: str, version: str, *, proposal: str | None = None
    ) -> None:
        self.add(
            "contracts",
            called,
            asset_id=asset,
            version=version,
            status="active",
            proposal_id=proposal,
            content_hash="old" if proposal is None else "new",
            schema=table("id", "email", "name") if proposal is None else table("id", "name"),
        )
        if proposal is None:
            self.caller.accept(Kind.PUBLISHED, called, asset)
        self.event("contract.published", proposal, called=f"published {called}", contract_id=called)

    def record(self) -> Record:
        return Record({name: [*rows.values()] for name, rows in self.tables.items()})

    def breaches(self) -> list[tuple[Law, str]]:
        """What the laws say of it, all of them."""
        return judged(self.record(), self.caller, self.receivers, self.servers).broken

    def broken(self) -> set[Law]:
        return {law for law, _ in self.breaches()}
