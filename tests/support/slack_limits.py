"""The limits that Slack documents of blocks and modals, as its servers check them.

https://docs.slack.dev/reference/block-kit/blocks and …/block-kit/block-elements and …/views.
"""

from collections.abc import Iterator, Mapping
from typing import Any

MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100
_TEXTS = {"header": 150, "section": 3000}
_UNESCAPED = ("<!channel", "<!here", "<!everyone", "<@", "<!subteam", "<#")


def size(text: str) -> int:
    """The largest way to count: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def faults_of_message(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """What Slack would refuse of a message."""
    found = [] if 0 < size(text) <= 40_000 else ["text"]
    if len(blocks) > MOST_IN_MESSAGE:
        found.append("too many blocks")
    if sum(map(_length, blocks)) > 13_200:
        found.append("blocks too long")
    return [*found, *_faults(blocks)]


def faults_of_view(view: Mapping[str, Any]) -> list[str]:
    """What Slack would refuse of a modal."""
    blocks = view["blocks"]
    found = ["type"] if view.get("type") != "modal" else []
    titles = [part for part in ("title", "submit", "close") if part in view]
    found += [part for part in titles if not 0 < size(view[part]["text"]) <= 24]
    if size(view.get("private_metadata", "")) > 3000 or size(view.get("callback_id", "")) > 255:
        found.append("private_metadata")
    if len(blocks) > MOST_IN_VIEW:
        found.append("too many blocks")
    if any(block["type"] == "input" for block in blocks) and "submit" not in view:
        found.append("an input without submit")
    return [*found, *_faults(blocks)]


def mentions(blocks: Any) -> list[str]:
    """Everything in the texts of blocks that would call somebody."""
    return [found for text in _marked_up(blocks) for found in _UNESCAPED if found in text]


def _faults(blocks: list[dict[str, Any]]) -> Iterator[str]:
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        yield "block_id twice"
    if any(size(name) > 255 for name in names):
        yield "block_id"
    checks = {"context": _context, "actions": _actions, "input": _input}
    for block in blocks:
        kind = block["type"]
        if kind in _TEXTS and not 0 < size(block["text"]["text"]) <= _TEXTS[kind]:
            yield f"{kind} of {size(block['text']['text'])}"
        if kind == "header" and block["text"]["type"] != "plain_text":
            yield "header with mark-up"
        if kind in checks:
            yield from checks[kind](block)


def _context(block: dict[str, Any]) -> Iterator[str]:
    elements = block["elements"]
    if not 0 < len(elements) <= 10:
        yield "context"
    if any(not 0 < size(element["text"]) <= 3000 for element in elements):
        yield "context's text"


def _actions(block: dict[str, Any]) -> Iterator[str]:
    elements = block["elements"]
    if not 0 < len(elements) <= 25:
        yield "actions"
    names = [element["action_id"] for element in elements]
    if len(names) != len(set(names)):
        yield "action_id twice"
    for element in elements:
        if not 0 < size(element["text"]["text"]) <= 75 or size(element["action_id"]) > 255:
            yield "button"
        if not 0 < size(element["value"]) <= 2000:
            yield "value"
        if element.get("style", "primary") not in ("primary", "danger"):
            yield "style"


def _input(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < size(block["label"]["text"]) <= 2000:
        yield "label"
    if not 0 < block["element"].get("max_length", 1) <= 3000:
        yield "max_length"


def _length(found: Any) -> int:
    if isinstance(found, dict):
        return sum(map(_length, found.values()))
    if isinstance(found, list):
        return sum(map(_length, found))
    return size(found) if isinstance(found, str) else 0


def _marked_up(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        if found.get("type") == "mrkdwn":
            yield found["text"]
        for value in found.values():
            yield from _marked_up(value)
    if isinstance(found, list):
        for value in found:
            yield from _marked_up(value)
