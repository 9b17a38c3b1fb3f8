"""Many events as one message in Slack: the same digest that a mail tells, in Slack's own form."""

from collections.abc import Iterable
from uuid import UUID

from domain.json_types import JsonObject
from notify.digest import Digest
from notify.messages import Message
from notify.questions import Ask, sentences
from notify.slack_blocks import Post
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
    blocks += _part(
        "What waits for your answer", (_asking(ask, public_url) for ask in digest.waits)
    )
    for title, told in digest.sections:
        blocks += _part(title, (_told(each, public_url) for each in told))
    blocks.append(context(f"<{escaped(public_url, CONTEXT // 2)}/proposals|Open in Tessera>"))
    return Post(text=escaped(digest.headline, FALLBACK), blocks=blocks)


def _part(title: str, lines: Iterable[str]) -> list[JsonObject]:
    found = list(lines)
    return [section(f"*{title}*\n{listed(found, _MOST, _LIST - len(title))}")] if found else []


def _asking(ask: Ask, public_url: str) -> str:
    by = "" if ask.due_at is None else f", by {moment(ask.due_at)}"
    breaks = escaped(" ".join(sentences(ask.message)[:_SENTENCES]), _LINE)
    who = escaped(ask.team, _ASIDE)
    return f"{_linked(ask.what, ask.message, public_url)} asks {who}{by}: {breaks}"


def _told(message: Message, public_url: str) -> str:
    return _linked(message.event.summary, message, public_url)


def _linked(text: str, message: Message, public_url: str) -> str:
    """Return text that leads to the proposal's page, if it is about one."""
    shown, proposal_id = escaped(text, _LINE), message.event.proposal_id
    if proposal_id is None:
        return shown
    safe = shown.replace("|", "\N{BROKEN BAR}")  # what separates a link from its text
    return f"<{escaped(public_url, CONTEXT // 2)}/proposals/{proposal_id}|{safe}>"
