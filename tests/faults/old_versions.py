"""Stories that go on after the publication: the version before has an end, and teams move off."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tessera_sdk.models import Team

from tests.faults.callers import Ask, Caller, Kind
from tests.faults.stories import ENDED, Story, all_ready, together


class OldVersion:
    """The end of one version, and what is said about it."""

    def __init__(self, caller: Caller, contract_id: str) -> None:
        self.caller = caller
        self.contract_id = contract_id

    async def set(self, sunset_at: datetime) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.SUNSET,
            lambda client, key: client.retirements.set(
                self.contract_id, sunset_at, reason=mark, idempotency_key=key
            ),
            mark,
        )

    async def moved(self, team: Team) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.MOVED,
            lambda client, key: client.retirements.moved(
                self.contract_id, team.id, note=mark, idempotency_key=key
            ),
            mark,
        )

    async def extend(self, team: Team) -> None:
        """Ask for as long as the policy gives."""
        mark = uuid4().hex
        found = await self.caller.ask(lambda client, _key: client.retirements.get(self.contract_id))
        assert found.latest_until is not None
        until = found.latest_until
        await self._say(
            Kind.KEPT_LONGER,
            lambda client, key: client.retirements.extend(
                self.contract_id, team.id, until, note=mark, idempotency_key=key
            ),
            mark,
        )

    async def cancel(self) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.SUNSET_CANCELLED,
            lambda client, key: client.retirements.cancel(
                self.contract_id, reason=mark, idempotency_key=key
            ),
            mark,
        )

    async def status(self) -> str:
        found = await self.caller.ask(lambda client, _key: client.retirements.get(self.contract_id))
        return found.status

    async def _say(self, kind: str, ask: Ask[object], mark: str) -> None:
        await self.caller.ask(ask)
        self.caller.accept(kind, self.contract_id, mark)


async def replaced(story: Story) -> OldVersion | None:
    """The version that the story's proposal replaces, once it is published."""
    old = OldVersion(story.caller, story.active_id)
    await all_ready(story)
    found = await story.until(lambda p: p.status in ENDED, 15)
    return old if found.status == "published" else None


async def ends_by_itself(story: Story) -> None:
    """The timeline says when; each team moves, needs it for longer, or says nothing."""
    old = await replaced(story)
    if old is None:
        return
    words = [random.choice((old.moved, old.extend, None)) for _ in story.parties]
    await together(
        *(word(team) for word, team in zip(words, story.parties, strict=True) if word is not None)
    )


async def ended_by_its_owner(story: Story) -> None:
    """A date, a later one while somebody moves, and perhaps none after all, or one again."""
    old = await replaced(story)
    if old is None:
        return
    await old.set(_in(5))
    first, last = story.parties[0], story.parties[-1]
    await together(old.set(_in(7)), old.moved(first), old.extend(last))
    if random.random() < 0.5:
        # Who has moved and says so again is answered, and nothing is written down.
        words = [] if first is last else [old.moved(last)]
        await together(old.cancel(), *words)
        await old.set(_in(4))


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
