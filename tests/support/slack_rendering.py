"""Slack's blocks as a page: near enough to what people see, for the kinds that we use."""

import html
import re
from collections.abc import Sequence

from domain.json_types import JsonObject

_PAGE = """<!doctype html><meta charset="utf-8"><title>Slack</title><style>
body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46 Lato, system-ui, sans-serif; }
main { display: flex; gap: 12px; max-width: 640px; padding: 20px; }
.mark { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #0f5f85; color: #fff;
  font-weight: 900; display: grid; place-items: center; }
.who { font-weight: 900; } .who small { font-weight: 400; color: #616061; margin-left: 6px; }
h2 { font-size: 18px; margin: 6px 0; } p { margin: 6px 0; white-space: pre-line; }
pre { background: #f8f8f8; border: 1px solid #ddd; border-radius: 4px; padding: 8px; margin: 4px 0;
  white-space: pre-wrap; }
code { background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px; color: #c0143c;
  padding: 1px 3px; font-size: 12px; } a { color: #1264a3; text-decoration: none; }
.context { color: #616061; font-size: 12px; } .actions { display: flex; gap: 8px; margin: 10px 0; }
button { font: inherit; font-weight: 700; background: #fff; border: 1px solid #bbb;
  border-radius: 4px; padding: 6px 12px; }
.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.danger { background: #e01e5a; border-color: #e01e5a; color: #fff; }
main > div:last-child { min-width: 0; overflow-wrap: anywhere; } .actions { flex-wrap: wrap; }
</style><main><div class="mark">T</div><div>
<div class="who">Tessera <small>APP 09:00</small></div>"""
_INLINE = (
    (re.compile(r"```(.*?)```", re.S), r"<pre>\1</pre>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"&lt;!date\^[^|]*\|(.*?)&gt;"), r"\1"),
    (re.compile(r"&lt;(https?://[^|&]+)\|(.*?)&gt;"), r'<a href="\1">\2</a>'),
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
)


def page(blocks: Sequence[JsonObject]) -> str:
    """Return a page that shows a message."""
    return f"{_PAGE}{''.join(map(_block, blocks))}</div></main>"


def _block(block: JsonObject) -> str:
    kind = block["type"]
    if kind == "header":
        return f"<h2>{html.escape(block['text']['text'])}</h2>"
    if kind == "section":
        return f"<p>{_mrkdwn(block['text']['text'])}</p>"
    if kind == "context":
        return "".join(f'<p class="context">{_mrkdwn(e["text"])}</p>' for e in block["elements"])
    if kind == "actions":
        return f'<div class="actions">{"".join(map(_button, block["elements"]))}</div>'
    raise AssertionError(f"what does a block of the kind {kind} look like?")


def _button(element: JsonObject) -> str:
    style = html.escape(element.get("style", ""))
    return f'<button class="{style}">{html.escape(element["text"]["text"])}</button>'


def _mrkdwn(text: str) -> str:
    """Slack's own mark-up as HTML; the text is escaped for Slack already, and for us once more."""
    shown = html.escape(text, quote=False)
    for found, instead in _INLINE:
        shown = found.sub(instead, shown)
    return re.sub("&amp;(amp|lt|gt);", r"&\1;", shown)
