"""Text as Slack takes it: escaped, and never longer than the limits that Slack documents.

https://docs.slack.dev/reference/block-kit/ and https://docs.slack.dev/messaging/formatting-message-text.
Lengths are counted as UTF-16 has them, the largest of the ways in which Slack might count.
"""

from datetime import datetime

from domain.json_types import JsonObject

BLOCKS = 50
SECTION = 3000
HEADER = 150
CONTEXT = 2000
BUTTON = 75
MODAL_TITLE = 24
LABEL = 2000
FALLBACK = 3000
"""Of the text beside the blocks, which notifications show; Slack cuts at 40,000."""
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
NOTHING = "-"
_CUT = "…"
_READ = 4
"""So many times the limit is read of a text, since some of it is left out."""


def escaped(text: str, limit: int) -> str:
    """Return text of others for mrkdwn: nothing in it mentions or links, and it is cut to fit."""
    return _fitting(text, limit, _ESCAPED)


def plain(text: str, limit: int) -> str:
    """Return text of others for where Slack reads no mark-up, cut to fit; never empty."""
    return _fitting(" ".join(text.split()), limit, {}).strip() or NOTHING


def code(text: str, limit: int) -> str:
    """Return a block of code, out of which nothing in the text leads."""
    safe = text.replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}")
    return f"```{escaped(safe, limit - 6)}```"


def width(text: str) -> int:
    """Return how long a text is in UTF-16."""
    return len(text) + sum(char > "\uffff" for char in text)


def _fitting(text: str, limit: int, written: dict[str, str]) -> str:
    whole = _storable(text[: _READ * limit])
    pieces = [written.get(char, char) for char in whole]
    if sum(map(width, pieces)) <= limit:
        return "".join(pieces)
    left, kept = limit - width(_CUT), []
    for piece in pieces:
        left -= width(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept) + _CUT


def _storable(text: str) -> str:
    """Leave out what JSON cannot carry to Slack and what no font shows."""
    return "".join(
        char for char in text if char in "\n\t" or (char.isprintable() or char in "\u200d\ufe0f")
    )


def moment(at: datetime) -> str:
    """Return a time that Slack shows in the reader's own zone; it is mark-up, not to be escaped."""
    shown = f"{at:%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{shown}>"


def section(mrkdwn: str) -> JsonObject:
    """Return a block of text that is escaped already; Slack takes no empty one."""
    text = {"type": "mrkdwn", "text": mrkdwn or NOTHING, "verbatim": True}
    return {"type": "section", "text": text}


def header(text: str) -> JsonObject:
    """Return a heading."""
    return {"type": "header", "text": plain_text(text, HEADER)}


def context(mrkdwn: str) -> JsonObject:
    """Return a line in small print, escaped already."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": mrkdwn, "verbatim": True}],
    }


def plain_text(text: str, limit: int) -> JsonObject:
    """Return a text object without mark-up."""
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def button(text: str, action: str, value: str, style: str | None = None) -> JsonObject:
    """Return a button; its value names something and allows nothing."""
    made: JsonObject = {
        "type": "button",
        "text": plain_text(text, BUTTON),
        "action_id": action,
        "value": value,
    }
    return made if style is None else {**made, "style": style}


def listed(lines: list[str], most: int, limit: int) -> str:
    """Return lines, escaped already, as a list; what does not fit is counted.

    A line is left out whole: half of one could end within mark-up.
    """
    kept: list[str] = []
    left = limit - 40
    for line in lines[:most]:
        left -= width(line) + 3
        if left < 0:
            break
        kept.append(f"• {line}")
    if len(kept) < len(lines):
        kept.append(f"• and {len(lines) - len(kept)} more")
    return "\n".join(kept)
