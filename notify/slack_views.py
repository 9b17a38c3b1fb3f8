"""Modals and answers in Slack: pure, within the limits that Slack documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.changes import Change
from domain.coordination import Round
from domain.inbox import Task
from domain.json_types import JsonObject
from domain.proposals import Proposal
from notify.slack_blocks import party_line
from notify.slack_text import (
    LABEL,
    MODAL_TITLE,
    NOTHING,
    context,
    escaped,
    listed,
    moment,
    plain_text,
    section,
)

NEED_TIME_VIEW, BLOCK_VIEW, DETAILS_VIEW = "tessera.need_time", "tessera.block", "tessera.details"
UNTIL, NOTE = "until", "note"
NOTE_LIMIT = 2000
"""Of an answer's note in the record; Slack would take 3,000."""
_MOST = 20
_SENTENCE = 300
_LIST = 2900
_TASKS = {
    Task.ANSWER: "is asked",
    Task.CONFIRM: "has to confirm it, since the base moved",
    Task.PUBLISH: "may publish it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What waits for a team, as a line in a list."""

    task: Task
    proposal_id: UUID
    fqn: str
    version: str
    team: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An asset as a line in a list."""

    fqn: str
    environment: str
    owner: str
    kind: str


def need_time_modal(token: str, asset: str, latest: datetime | None) -> JsonObject:
    """Return the form that asks until when a team needs time."""
    until = "" if latest is None else f" No later than {moment(latest)}."
    day: JsonObject = {"type": "datepicker", "action_id": UNTIL}
    return _form(
        NEED_TIME_VIEW,
        token,
        "Need time",
        [
            section(f"When will *{escaped(asset, _SENTENCE)}* be ready to change for you?{until}"),
            _input(UNTIL, "Until the end of this day (UTC)", day),
            _input(NOTE, "Note", _text(), optional=True),
        ],
    )


def block_modal(token: str, asset: str) -> JsonObject:
    """Return the form that asks for the reason of a block."""
    return _form(
        BLOCK_VIEW,
        token,
        "Block",
        [
            section(f"A block rejects this change of *{escaped(asset, _SENTENCE)}* for everybody."),
            _input(NOTE, "Reason", _text()),
        ],
    )


def details_modal(
    proposal: Proposal, asset: str, round_: Round, now: datetime, page: str
) -> JsonObject:
    """Return everything that fits about a proposal."""
    lines = [escaped(change.sentence, _SENTENCE) for change in _gating_first(proposal)]
    parties = [party_line(round_, party, now) for party in round_.parties]
    what = f"*{escaped(asset, _SENTENCE)}* {escaped(proposal.version, 80)}"
    return {
        "type": "modal",
        "callback_id": DETAILS_VIEW,
        "title": plain_text("Details", MODAL_TITLE),
        "close": plain_text("Close", MODAL_TITLE),
        "blocks": [
            section(f"{what} is {proposal.status.value}."),
            section("*What changes*\n" + listed(lines or ["nothing"], _MOST, _LIST)),
            section("*Who is asked*\n" + listed(parties or ["nobody"], _MOST, _LIST)),
            context(f"<{escaped(page, 1000)}|Open in Tessera>"),
        ],
    }


def _gating_first(proposal: Proposal) -> Sequence[Change]:
    gating = proposal.gating
    return (*gating, *(change for change in proposal.changes if change not in gating))


def opened(proposals: Sequence[Open], more: bool, public_url: str) -> JsonObject:
    """Return the list of what waits for somebody."""
    lines = [_open_line(each, public_url) for each in proposals]
    if not lines:
        return said("Nothing waits for you.")
    head = "*What waits for you*" + (" (the first)" if more else "")
    return _answer(head + "\n" + listed(lines, _MOST, _LIST))


def _open_line(proposal: Open, public_url: str) -> str:
    what = f"{escaped(proposal.fqn, 200)} {escaped(proposal.version, 40)}"
    page = f"{escaped(public_url, 500)}/proposals/{proposal.proposal_id}"
    due = "" if proposal.due_at is None else f", due {moment(proposal.due_at)}"
    return f"<{page}|{what}>: {escaped(proposal.team, 80)} {_TASKS[proposal.task]}{due}"


def assets_found(found: Sequence[Found], text: str, more: bool) -> JsonObject:
    """Return the list of the assets that were searched for."""
    lines = [
        f"*{escaped(each.fqn, 200)}* ({escaped(each.kind, 40)}, {escaped(each.environment, 60)}), "
        f"owned by {escaped(each.owner, 80)}"
        for each in found
    ]
    if not lines:
        return said(f"No asset has “{text}”.")
    return _answer(listed(lines, _MOST, _LIST) + ("\nThere are more: search more exactly." * more))


def help_text() -> JsonObject:
    """Return what the command can do."""
    return _answer(
        "`/tessera my`: the open proposals that wait for you\n"
        "`/tessera search orders`: find an asset\n"
        "`/tessera help`: this"
    )


def said(sentence: str) -> JsonObject:
    """Return an answer to one person alone, of text that is not escaped yet."""
    return _answer(escaped(sentence, _LIST))


def _answer(mrkdwn: str) -> JsonObject:
    return {"response_type": "ephemeral", "text": mrkdwn or NOTHING, "blocks": [section(mrkdwn)]}


def refused(block: str, sentence: str) -> JsonObject:
    """Return the answer to a form that shows what is wrong beside a field of it."""
    return {
        "response_action": "errors",
        "errors": {block: str(plain_text(sentence, LABEL)["text"])},
    }


def _form(callback: str, token: str, title: str, blocks: list[JsonObject]) -> JsonObject:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": token,
        "title": plain_text(title, MODAL_TITLE),
        "submit": plain_text("Answer", MODAL_TITLE),
        "close": plain_text("Cancel", MODAL_TITLE),
        "blocks": blocks,
    }


def _input(name: str, label: str, element: JsonObject, *, optional: bool = False) -> JsonObject:
    return {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, LABEL),
        "element": element,
        "optional": optional,
    }


def _text() -> JsonObject:
    return {
        "type": "plain_text_input",
        "action_id": NOTE,
        "multiline": True,
        "max_length": NOTE_LIMIT,
    }
