"""Many events as one message: what waits for an answer, what breaks, what was decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.amounts import counted
from domain.events import EventType
from notify.messages import Message
from notify.questions import Ask, ask_of, day

_BREAKS = frozenset(
    {
        *(EventType.PROPOSAL_OPENED, EventType.PROPOSAL_ASKED, EventType.PROPOSAL_REMINDED),
        *(EventType.CONSUMERS_TOLD, EventType.PARTIES_CHANGED, EventType.BASE_MOVED),
        *(EventType.REVISED, EventType.REOPENED, EventType.CONFIRMATION_ASKED),
        EventType.REVISION_RECORDED,
    }
)
_DECIDED = frozenset(
    {
        *(EventType.PROPOSAL_APPROVED, EventType.PROPOSAL_PUBLISHED),
        *(EventType.PROPOSAL_REJECTED, EventType.PROPOSAL_WITHDRAWN),
        *(EventType.PROPOSAL_EXPIRED, EventType.FORCE_RECORDED),
    }
)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Events in the order in which somebody wants to know of them."""

    waits: tuple[Ask, ...]
    """By their time; each question once, however often it was put."""
    breaks: tuple[Message, ...]
    decided: tuple[Message, ...]
    others: tuple[Message, ...]

    @classmethod
    def of(cls, message: Message, teams: frozenset[UUID]) -> "Digest":
        """Group what a message tells, for who answers for these teams."""
        asks = {
            (ask.message.event.proposal_id, ask.team_id): ask
            for each in message.told
            if (ask := ask_of(each, teams)) is not None
        }
        asked = {proposal_id for proposal_id, _ in asks}
        rest = [
            each
            for each in message.told
            if each.event.proposal_id not in asked or each.event.type not in _BREAKS
        ]
        rest = [each for each in rest if ask_of(each, teams) is None]
        return cls(
            waits=tuple(sorted(asks.values(), key=lambda ask: (ask.due_at or _LAST, ask.what))),
            breaks=_last_of_each(each for each in rest if each.event.type in _BREAKS),
            decided=_last_of_each(each for each in rest if each.event.type in _DECIDED),
            others=tuple(each for each in rest if each.event.type not in _BREAKS | _DECIDED),
        )

    @property
    def headline(self) -> str:
        """What it is and by when, in one line."""
        if self.waits:
            first = self.waits[0].due_at
            by = f", the first by {day(first)}" if first is not None and self.waits[1:] else ""
            by = by or (f" by {day(first)}" if first is not None else "")
            verb = "waits" if len(self.waits) == 1 else "wait"
            return f"{counted(len(self.waits), 'proposal')} {verb} for your answer{by}"
        numbers = (
            (len(self.breaks), "change breaks something", "changes break something"),
            (len(self.decided), "proposal was decided", "proposals were decided"),
            (len(self.others), "other thing happened", "other things happened"),
        )
        return ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in numbers if n)

    @property
    def sections(self) -> tuple[tuple[str, tuple[Message, ...]], ...]:
        """What is told besides the questions, under its headings."""
        named = (
            ("What breaks", self.breaks),
            ("What was decided", self.decided),
            ("What else happened", self.others),
        )
        return tuple((title, those) for title, those in named if those)


def _last_of_each(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Of each proposal what was told last; what is about none stays as it is."""
    last: dict[UUID, Message] = {}
    for each in messages:
        last[each.event.proposal_id or each.event.id] = each
    return tuple(_by_time(list(last.values())))


def _by_time(messages: Sequence[Message]) -> Sequence[Message]:
    return sorted(messages, key=lambda each: each.event.cursor)
