"""A message in Slack: what breaks in words, whom it asks, until when, and buttons to answer with.

Pure, of the state at sending: written again from a later state it says what is true then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.acknowledgments import Response
from domain.coordination import Round
from domain.events import EventType
from domain.json_types import JsonObject
from domain.parties import Party
from domain.proposals import Proposal, ProposalStatus
from domain.timeline import OnDeadline
from notify.messages import Message
from notify.questions import ASKING, told_by
from notify.slack_text import (
    CONTEXT,
    FALLBACK,
    NOTHING,
    button,
    code,
    context,
    escaped,
    header,
    listed,
    moment,
    section,
)

READY, NEED_TIME, BLOCK, DETAILS = (
    *("tessera.ready", "tessera.need_time"),
    *("tessera.block", "tessera.details"),
)
_SENTENCE = 250
_NAME = 80
_LIST = 2900
_WITNESS = 900
_MOST_CHANGES = 8
_MOST_PARTIES = 10
_MARKS = {Response.APPROVED: "✅", Response.MIGRATING: "⏳", Response.BLOCKED: "⛔"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is posted: `text` is for notifications and readers of screens."""

    text: str
    blocks: list[JsonObject]


def post(
    message: Message, public_url: str, now: datetime, *, answerable: bool, current: bool = True
) -> Post:
    """Return the message of an event; `answerable` if it asks those who read it, and asks still.

    `current` if what it asked, whomever, is still the question.
    """
    asked = _asked(message)
    blocks = [header(_title(message)), section(escaped(message.event.summary, 2 * _SENTENCE))]
    blocks += _breaking(message)
    if message.proposal is not None and message.round is not None:
        blocks += _standing(message.proposal, message.round, now)
        if not current and message.event.type in ASKING:
            blocks += _outdated(message.proposal)
        party = asked if answerable and asked is not None and asked.pending else None
        blocks += _silence(message.proposal, message.round, party, now)
        blocks += _buttons(message, message.proposal, asked if answerable else None)
    blocks.append(_foot(message, public_url))
    return Post(text=escaped(message.event.summary, FALLBACK) or NOTHING, blocks=blocks)


def token(event_id: UUID, revision: int) -> str:
    """Return what a button names: the event that it was shown with, and what was shown of it."""
    return f"{event_id.hex}.{revision}"


def _asked(message: Message) -> Party | None:
    """Return the party that this message asks, if its answer can still be given."""
    proposal, round_ = message.proposal, message.round
    if message.event.type not in ASKING or proposal is None or round_ is None:
        return None
    if proposal.status is not ProposalStatus.PENDING:
        return None
    return next((each for each in round_.parties if each.team_id == message.event.team_id), None)


def _title(message: Message) -> str:
    what = message.about.asset_fqn or "Tessera"
    if message.proposal is None:
        return what
    version = message.proposal.version
    return {
        EventType.PROPOSAL_ASKED: f"Can {what} become {version}?",
        EventType.PROPOSAL_REMINDED: f"Still waiting: can {what} become {version}?",
        EventType.PROPOSAL_ESCALATED: f"No answer yet: can {what} become {version}?",
        EventType.ESCALATED_TO_OWNERS: f"No answer of your team: can {what} become {version}?",
        EventType.ESCALATED_TO_FALLBACK: f"No answer at all: can {what} become {version}?",
        EventType.DELEGATED: f"Handed to you: can {what} become {version}?",
    }.get(message.event.type, f"{what} {version}")


def _breaking(message: Message) -> list[JsonObject]:
    sentences = told_by(message.event)
    if not sentences:
        return []
    lines = [escaped(each, _SENTENCE) for each in sentences]
    heading = "*What breaks for you*" if message.event.type in ASKING else "*What breaks*"
    blocks = [section(f"{heading}\n{listed(lines, _MOST_CHANGES, _LIST)}")]
    return blocks + witness_blocks(message.changes or (), sentences)


def witness_blocks(changes: Sequence[JsonObject], sentences: Sequence[str]) -> list[JsonObject]:
    """Return the first record that proves one of these breaks."""
    for change in changes:
        found = change.get("witness")
        if found and change.get("sentence") in sentences:
            shown = json.dumps(found["instance"], ensure_ascii=False, indent=1)
            says = "is right today and is not afterwards"
            if found.get("valid_after"):
                says = "is right afterwards and is not today"
            return [section(f"*A record that {says}*\n{code(shown, _WITNESS)}")]
    return []


def _standing(proposal: Proposal, round_: Round, now: datetime) -> list[JsonObject]:
    if proposal.status is not ProposalStatus.PENDING:
        cause = "" if proposal.cause is None else f" ({proposal.cause.value.replace('_', ' ')})"
        state = f"*{escaped(proposal.version, _NAME)} is {proposal.status.value}*{cause}."
        if proposal.status is ProposalStatus.APPROVED:
            state += " Answers are closed."
        return [section(state), *_parties(round_, now)]
    pledges = (
        (proposal.withdrawn, "taken back"),
        (proposal.cancelled, "cancelled by an administrator"),
        (proposal.forced, "forced by an administrator"),
    )
    said = [f"*It is being {words}.*" for decree, words in pledges if decree is not None]
    return [*(section(each) for each in said), *_parties(round_, now)]


def _parties(round_: Round, now: datetime) -> list[JsonObject]:
    lines = [party_line(round_, party, now) for party in round_.parties]
    if not lines:
        return []
    return [section("*Who is asked*\n" + listed(lines, _MOST_PARTIES, _LIST))]


def party_line(round_: Round, party: Party, now: datetime) -> str:
    """Return how a party stands, in one line."""
    name, answer = f"*{escaped(party.name, _NAME)}*", party.answer
    if answer is None:
        due = round_.due_at(party, now) if round_.status.is_open else None
        return f"{name}: no answer yet" + ("" if due is None else f", due {moment(due)}")
    until = "" if answer.until is None else f" until {moment(answer.until)}"
    return f"{_MARKS[answer.response]} {name}: {answer.response.plain}{until}"


def _outdated(proposal: Proposal) -> list[JsonObject]:
    if proposal.status is not ProposalStatus.PENDING:
        return []
    return [section("_This message asks nobody any more._")]


def _silence(
    proposal: Proposal, round_: Round, party: Party | None, now: datetime
) -> list[JsonObject]:
    """Return what happens if nobody answers, and by when; said to whom it asks, or of all."""
    if proposal.status is not ProposalStatus.PENDING or not round_.pending:
        return []
    due = round_.deadline_at(now) if party is None else round_.due_at(party, now)
    who = "nobody answers" if party is None else f"*{escaped(party.name, _NAME)}* says nothing"
    by = moment(due or now + proposal.timeline.deadline)
    return [section(f"If {who} by {by}: {outcome(proposal)}")]


def outcome(proposal: Proposal) -> str:
    """Return what silence until the deadline means."""
    timeline = proposal.timeline
    return {
        OnDeadline.EXPIRE: "nothing is published, and the proposal expires.",
        OnDeadline.APPROVE: "silence is taken for consent, and it is published.",
        OnDeadline.ESCALATE: f"it is escalated; {_words(timeline.last_limit)} later the proposal "
        "expires, and nothing is published.",
    }[timeline.on_deadline]


def _words(lasts: timedelta) -> str:
    for unit in ("day", "hour", "minute"):
        number, rest = divmod(lasts, timedelta(**{f"{unit}s": 1}))
        if number and (not rest or unit == "minute"):
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "moments"


def _buttons(message: Message, proposal: Proposal, asked: Party | None) -> list[JsonObject]:
    named = token(message.event.id, proposal.revision)
    buttons = []
    if asked is not None and asked.pending:
        buttons = [
            button("Ready", READY, named, "primary"),
            button("Need time", NEED_TIME, named),
            button("Block", BLOCK, named, "danger"),
        ]
    buttons.append(button("Details", DETAILS, named))
    return [{"type": "actions", "block_id": "tessera", "elements": buttons}]


def _foot(message: Message, public_url: str) -> JsonObject:
    about, proposal_id = message.about, message.event.proposal_id
    parts = []
    if about.producer is not None:
        parts.append(f"from {escaped(about.producer, _NAME)}")
    if about.environment is not None:
        parts.append(escaped(about.environment, _NAME))
    place = "" if proposal_id is None else f"/proposals/{proposal_id}"
    parts.append(f"<{escaped(public_url, CONTEXT // 2)}{place}|Open in Tessera>")
    return context(" · ".join(parts))
