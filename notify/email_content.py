"""What stands in an e-mail, before it is set: sentences, links, and why somebody gets it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from domain.acknowledgments import Response
from domain.answer_links import AnswerLink, AnswerLinks, expiry
from domain.events import EventType
from domain.json_types import JsonObject
from notify.digest import Digest
from notify.messages import Message
from notify.questions import Ask, ask_of, day, moment, sentences, silence, waited_for

WHOLE = 25
"""So many questions stand in a digest with what breaks and their buttons; the others in a line."""
LINES = 100
_RECORD_LIMIT = 1500
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a mail: one person, or a team by its list."""

    address: str
    name: str = ""
    user_id: UUID | None = None
    """None for a list: its links only lead to the page."""
    teams: frozenset[UUID] = frozenset()
    """Those for which the reader answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where an answer is given; only a person's mail has the three that need no signing in."""

    page: str
    ready: str = ""
    need_time: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A mail about one event."""

    subject: str
    heading: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    breaks: list[str]
    record: str
    way_round: str
    team: str
    links: Links | None
    links_until: str
    page: str
    silence: str | None
    why: str
    preferences: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A question in a digest."""

    what: str
    team: str
    producer: str | None
    due: str
    breaks: list[str]
    links: Links
    silence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An event in a digest."""

    text: str
    page: str
    silence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """A mail about many events."""

    heading: str
    waits: list[Waits]
    sections: list[tuple[str, list[Line]]]
    left_out: int
    has_links: bool
    open_page: str
    why: str
    preferences: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Knows where links lead and for whom they are."""

    public_url: str
    links: AnswerLinks
    reader: Reader
    now: datetime

    @property
    def preferences(self) -> str:
        """Where one says how one is told."""
        return f"{self.public_url}/account#told"

    @property
    def why(self) -> str:
        """Why somebody gets this."""
        if self.reader.user_id is None:
            return "You get this because a team has this address among its destinations."
        return "You get this because you belong to a team that is told of it."

    def page(self, message: Message) -> str:
        """Return the page of what a message is about."""
        proposal_id = message.event.proposal_id
        return "" if proposal_id is None else f"{self.public_url}/proposals/{proposal_id}"

    def answers(self, ask: Ask) -> Links:
        """Return where a question is answered."""
        proposal_id, user_id = ask.message.event.proposal_id, self.reader.user_id
        page = f"{self.page(ask.message)}?team={ask.team_id}"
        if proposal_id is None or user_id is None or not self.links.usable:
            return Links(page=page)
        link = AnswerLink(
            proposal_id=proposal_id,
            team_id=ask.team_id,
            user_id=user_id,
            revision=ask.question.revision,
            changes_hash=ask.question.changes_hash,
            expires_at=expiry(ask.due_at, self.now),
        )
        text = self.links.sign(link)
        to = {
            each: f"{self.public_url}/answer?{urlencode({'link': text, 'say': each.value})}"
            for each in Response
        }
        return Links(
            page=page,
            ready=to[Response.APPROVED],
            need_time=to[Response.MIGRATING],
            block=to[Response.BLOCKED],
        )


def single_of(writer: Writer, message: Message) -> Single:
    """Return the mail about one event."""
    ask = ask_of(message, writer.reader.teams)
    links = None if ask is None else writer.answers(ask)
    has_buttons = links is not None and bool(links.ready)
    until = "" if ask is None or not has_buttons else day(expiry(ask.due_at, writer.now))
    return Single(
        subject=_subject(message, ask),
        heading=_heading(message, ask),
        lead=_lead(message, ask),
        facts=_facts(message, ask),
        breaks=sentences(message),
        record=_record(message),
        way_round=_way_round(message),
        team="" if ask is None else ask.team,
        links=links,
        links_until=until,
        page=writer.page(message),
        silence=silence(message, ask),
        why=writer.why,
        preferences=writer.preferences,
    )


def digest_of(writer: Writer, digest: Digest) -> Together:
    """Return the mail about many events."""
    waits = [
        Waits(
            what=ask.what,
            team=ask.team,
            producer=ask.message.about.producer,
            due="" if ask.due_at is None else moment(ask.due_at),
            breaks=sentences(ask.message),
            links=writer.answers(ask),
            silence=silence(ask.message, ask),
        )
        for ask in digest.waits[:WHOLE]
    ]
    sections = []
    if digest.waits[WHOLE:]:
        lines = [_line_of(writer, ask) for ask in digest.waits[WHOLE:]]
        sections.append(("These wait for your answer too", lines))
    for title, those in digest.sections:
        told = [
            Line(text=each.event.summary, page=writer.page(each), silence=silence(each))
            for each in those[:LINES]
        ]
        sections.append((title, told))
    return Together(
        heading=f"{digest.headline}.",
        waits=waits,
        sections=sections,
        left_out=sum(max(0, len(those) - LINES) for _, those in digest.sections),
        has_links=any(each.links.ready for each in waits),
        open_page=f"{writer.public_url}/",
        why=writer.why,
        preferences=writer.preferences,
    )


def _line_of(writer: Writer, ask: Ask) -> Line:
    by = "" if ask.due_at is None else f", by {moment(ask.due_at)}"
    return Line(
        text=f"{ask.what} asks {ask.team}{by}.",
        page=f"{writer.page(ask.message)}?team={ask.team_id}",
        silence=silence(ask.message, ask),
    )


_ESCALATED = (
    EventType.PROPOSAL_ESCALATED,
    EventType.ESCALATED_TO_OWNERS,
    EventType.ESCALATED_TO_FALLBACK,
)


def _subject(message: Message, ask: Ask | None) -> str:
    if ask is None:
        return message.event.summary.rstrip(".")
    by = "" if ask.due_at is None else f" by {day(ask.due_at)}"
    told = {
        EventType.PROPOSAL_REMINDED: f"Reminder: {ask.what} waits for {ask.team}: answer{by}",
        **dict.fromkeys(_ESCALATED, f"Escalated: {ask.what} waits for {ask.team}: answer{by}"),
        EventType.DELEGATED: f"Handed to you: {ask.what} waits for {ask.team}: answer{by}",
    }
    asked = f"{ask.what} breaks what {ask.team} reads: answer{by}"
    return told.get(message.event.type, asked)


def _heading(message: Message, ask: Ask | None) -> str:
    if ask is None:
        return message.event.summary
    return f"{ask.what} would break what {ask.team} reads"


def _lead(message: Message, ask: Ask | None) -> str:
    if ask is None:
        return ""
    producer = message.about.producer or "Its producer"
    return {
        EventType.PROPOSAL_REMINDED: f"{ask.team} has not answered yet. {producer} waits for it.",
        **dict.fromkeys(_ESCALATED, f"{ask.team} has not answered, so this is escalated."),
        EventType.DELEGATED: f"{ask.team} hands its answer to you. {producer} waits for it.",
    }.get(message.event.type, f"{producer} proposes it and asks whether {ask.team} is ready.")


def _facts(message: Message, ask: Ask | None) -> tuple[tuple[str, str], ...]:
    about, proposal = message.about, message.proposal
    waited = list(waited_for(message))
    more = len(waited) - _MOST_NAMED
    rows = {
        "Asset": about.asset_fqn,
        "Environment": about.environment,
        "Version": None if proposal is None else _versions(proposal.base_version, about.version),
        "Proposed by": about.producer,
        "Why you": _reason(message) if ask is not None else None,
        "Waits for": ", ".join(waited[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else ""),
        "Answer by": None if ask is None or ask.due_at is None else moment(ask.due_at),
    }
    return tuple((name, value) for name, value in rows.items() if value)


def _versions(base: str | None, version: str | None) -> str | None:
    return version if base is None else f"{base} → {version}"


def _reason(message: Message) -> str | None:
    reason = message.event.payload.get("reason")
    return reason if isinstance(reason, str) else None


def _record(message: Message) -> str:
    """Return a record that is fine before and not after, if one is at hand that is short."""
    for instance in _shown(message.changes, "witness", "instance"):
        text = json.dumps(instance, ensure_ascii=False, indent=2)
        if len(text) <= _RECORD_LIMIT:
            return text
    return ""


def _way_round(message: Message) -> str:
    return next((str(each) for each in _shown(message.changes, "suggestion", "sentence")), "")


def _shown(changes: Iterable[JsonObject] | None, what: str, part: str) -> Iterable[object]:
    for change in changes or ():
        found = change.get(what)
        if isinstance(found, Mapping) and found.get(part) is not None:
            yield found[part]
