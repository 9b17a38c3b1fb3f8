"""What every part of the story has at hand: the server, the teller, and the teams' webhooks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from tessera_sdk import AsyncClient, Response
from tessera_sdk.models import Asset, Proposal, PublishResult, Team

from embedded.demo.expectations import StoryFailed, expect, proposal_when
from embedded.demo.mailbox import Mailbox
from embedded.demo.telling import Teller

FIRST_LETTER_WITHIN = 10.0  # at most, on a server that may not be able to reach us


@dataclass(frozen=True, slots=True)
class Ending:
    """A line of the summary: how a change ended, and why."""

    asset: str
    change: str
    outcome: str
    why: str


class Scene:
    """The server that the story is played on.

    `ours`: the server was started for the story, so its webhooks must reach us. `patience`: how
    many seconds a step may take.
    """

    def __init__(
        self,
        client: AsyncClient,
        teller: Teller,
        mailbox: Mailbox | None,
        *,
        ours: bool,
        patience: float,
    ) -> None:
        self.client = client
        self.teller = teller
        self.patience = patience
        self.endings: list[Ending] = []
        self._mailbox = mailbox
        self._certain = ours
        self._listening: list[Team] = []

    # --- webhooks -----------------------------------------------------------------------------

    @property
    def hears(self) -> bool:
        """Whether webhooks can be expected here."""
        return self._mailbox is not None

    async def listen(self, teams: Iterable[Team]) -> None:
        """Have these teams' webhooks sent here."""
        if self._mailbox is None:
            return
        for team in teams:
            url = self._mailbox.url_of(team.name)
            await self.client.destinations.set(url, team_id=team.id, secret=self._mailbox.secret)
            self._listening.append(team)

    async def stop_listening(self) -> None:
        """Take the webhooks away: from now on nobody is there to receive them."""
        while self._listening:
            await self.client.destinations.remove(team_id=self._listening.pop().id)

    async def letters(self, *wanted: tuple[Team, str]) -> None:
        """Wait for what these teams must be told, then show all that came in."""
        for team, type_ in wanted:
            await self._letter(team, type_)
        if self._mailbox is not None:
            told: dict[tuple[str, str], list[str]] = {}
            for letter in self._mailbox.new():
                told.setdefault((letter.type, letter.summary), []).append(letter.team)
            for (type_, summary), teams in told.items():
                self.teller.arrived(teams, type_, summary)

    async def _letter(self, team: Team, type_: str) -> None:
        if self._mailbox is None:
            return
        within = self.patience if self._certain else min(self.patience, FIRST_LETTER_WITHIN)
        if await self._mailbox.arrives(team.name, type_, within=within):
            self._certain = True
            return
        if self._certain:
            raise StoryFailed(f"No webhook told `{team.name}` of {type_} in {within:.0f} seconds.")
        self.teller.note("No webhook came: this server cannot, or may not, send to this machine.")
        self._mailbox = None

    # --- contracts ----------------------------------------------------------------------------

    async def publish(
        self,
        asset: Asset,
        expected: str,
        *,
        schema: JsonValue = None,
        documents: Mapping[str, JsonValue] | None = None,
        root: str | None = None,
        dry_run: bool = False,
    ) -> PublishResult:
        """Publish, and expect it to be `published` or `proposed`."""
        result = await self.client.contracts.publish(
            asset.id, schema=schema, documents=documents, root=root, dry_run=dry_run
        )
        expect(
            result.action == expected,
            f"Publishing `{asset.fqn}` must be {expected}; the server says {result.action}.",
        )
        return result

    async def expect_active(self, asset: Asset, version: str) -> None:
        """Expect exactly this version to be active."""
        page = await self.client.contracts.list(asset.id, status="active").page()
        active = [contract.version for contract in page.items]
        expect(
            active == [version],
            f"The active contract of `{asset.fqn}` must be {version}; it is {active}.",
        )

    # --- proposals ------------------------------------------------------------------------------

    async def asked(self, proposal: Proposal) -> Proposal:
        """Wait until the workflow has asked every party."""
        return await proposal_when(
            self.client,
            proposal.id,
            lambda seen: all(party.asked_at for party in seen.parties),
            within=self.patience,
            otherwise="The parties were not all asked",
        )

    async def last_answer(
        self, proposal: Proposal, team_id: str, response: Response, note: str, outcome: str
    ) -> Proposal:
        """Give the answer that decides, and expect this outcome of it."""
        await self.client.proposals.acknowledge(
            proposal.id, team_id, response, note=note, wait=self.patience
        )
        return await proposal_when(
            self.client,
            proposal.id,
            lambda seen: seen.status == outcome,
            within=self.patience,
            otherwise=f"It was not {outcome}",
        )
