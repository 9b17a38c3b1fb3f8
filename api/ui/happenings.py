"""The past of a proposal in lines: what was said at one time to several teams is one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from api.event_views import EventView
from api.ui import words
from domain.events import Event, EventType
from domain.teams import Team

_AT_ONE_TIME = timedelta(minutes=1)
_TOLD: Mapping[EventType, str] = {
    EventType.PROPOSAL_ASKED: "asked",
    EventType.PROPOSAL_REMINDED: "reminded",
}
_WORDS: Mapping[EventType, str] = {
    EventType.ACKNOWLEDGED: "note",
    EventType.WITHDRAWAL_RECORDED: "reason",
    EventType.CANCELLATION_RECORDED: "reason",
    EventType.FORCE_REQUESTED: "reason",
    EventType.FORCE_RECORDED: "reason",
    EventType.EXTENDED: "reason",
    EventType.REGISTRATION_REASSIGNED: "reason",
}
"""Where in the payload stands what somebody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the past."""

    event: EventView
    sentence: str
    words: str | None
    team_ids: tuple[UUID, ...]
    event_ids: tuple[UUID, ...]
    """The events that it tells of, the last of which is `event`."""


def happenings(events: Iterable[Event], teams: Mapping[UUID, Team]) -> Sequence[Happening]:
    """Return the lines for events, oldest first; `teams` has those that the events are about."""
    lines: list[Happening] = []
    for event in events:
        line = _line(event)
        if lines and _belongs(line, lines[-1]):
            before = lines.pop()
            line = replace(
                line,
                team_ids=(*before.team_ids, *line.team_ids),
                event_ids=(*before.event_ids, *line.event_ids),
            )
        lines.append(line)
    return [_named(line, teams) for line in lines]


def _line(event: Event) -> Happening:
    written = event.payload.get(_WORDS.get(event.type, ""))
    return Happening(
        event=EventView.of(event),
        sentence=event.summary,
        words=written if isinstance(written, str) else None,
        team_ids=() if event.team_id is None else (event.team_id,),
        event_ids=(event.id,),
    )


def _belongs(line: Happening, before: Happening) -> bool:
    return (
        line.event.type in _TOLD
        and line.event.type is before.event.type
        and line.event.at - before.event.at < _AT_ONE_TIME
    )


def _named(line: Happening, teams: Mapping[UUID, Team]) -> Happening:
    told = _TOLD.get(line.event.type)
    if told is None:
        return line
    return replace(line, sentence=words.are([teams[each].name for each in line.team_ids], told))
