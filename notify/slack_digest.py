"""Many events as one message in Slack: the same digest that a mail tells, in Slack's own form."""

from collections.abc import Iterable
from uuid import UUID

from domain.json_types import JsonObject
from notify.digest import Digest
from notify.messages import Message
from notify.questions import Ask, sentences, silence
from notify.slack_blocks import Post, outcome
from notify.slack_text import CONTEXT, FALLBACK, context, escaped, header, listed, moment, section

_MOST = 25
_LIST = 2900
_LINE = 400
_SENTENCES = 3
_ASIDE = 80


def digest_post(message: Message, teams: frozenset[UUID], public_url: str) -> Post:
    """Return the message for who answers for these teams."""
    digest = Digest.of(message, teams)
    blocks = [header(digest.headline)]
    blocks += _waiting(digest, public_url)
    for title, told in digest.sections:
        blocks += _part(title, (_told(each, public_url) for each in told))
    blocks.append(context(f"<{escaped(public_url, CONTEXT // 2)}/proposals|Open in Tessera>"))
    return Post(text=escaped(digest.headline, FALLBACK), blocks=blocks)


def _waiting(digest: Digest, public_url: str) -> list[JsonObject]:
    """Return the questions; what silence means is said once where it means the same of all."""
    proposals = (ask.message.proposal for ask in digest.waits)
    outcomes = {outcome(each) for each in proposals if each is not None}
    same = len(outcomes) == 1
    lines = [_asking(ask, public_url, alone=not same) for ask in digest.waits]
    blocks = _part("What waits for your answer", lines)
    return blocks + [section(f"If nobody answers in time: {each}") for each in outcomes if same]


def _part(title: str, lines: Iterable[str]) -> list[JsonObject]:
    found = list(lines)
    return [section(f"*{title}*\n{listed(found, _MOST, _LIST - len(title))}")] if found else []


def _asking(ask: Ask, public_url: str, *, alone: bool) -> str:
    by = "" if ask.due_at is None else f", by {moment(ask.due_at)}"
    breaks = escaped(" ".join(sentences(ask.message)[:_SENTENCES]), _LINE)
    who = escaped(ask.team, _ASIDE)
    said = f"{_linked(ask.what, ask.message, public_url)} asks {who}{by}: {breaks}"
    proposal = ask.message.proposal
    return f"{said} If nobody answers: {outcome(proposal)}" if alone and proposal else said


def _told(message: Message, public_url: str) -> str:
    said = silence(message)
    shown = _linked(message.event.summary, message, public_url)
    return shown if said is None else f"{shown} {escaped(said, _LINE)}"


def _linked(text: str, message: Message, public_url: str) -> str:
    """Return text that leads to the proposal's page, if it is about one."""
    shown, proposal_id = escaped(text, _LINE), message.event.proposal_id
    if proposal_id is None:
        return shown
    safe = shown.replace("|", "\N{BROKEN BAR}")  # what separates a link from its text
    return f"<{escaped(public_url, CONTEXT // 2)}/proposals/{proposal_id}|{safe}>"
