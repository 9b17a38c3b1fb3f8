"""Server-sent events, after the WHATWG specification (HTML Living Standard, §9.2), without I/O."""

import re
from dataclasses import dataclass

# Only these end a line: text may hold U+2028 and others that str.splitlines() would cut at.
LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a stream; `id` is the last one seen, which is where to resume."""

    event: str
    data: str
    id: str


class MessageReader:
    """Takes the text of a stream as it arrives and gives the messages that it completes.

    `last_id` and `retry` (seconds, or `None` if the server never said) outlive a connection;
    `restart` forgets a message that a broken connection left half.
    """

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id = last_id or ""
        self.retry: float | None = None
        self.restart()

    def restart(self) -> None:
        self._rest = ""
        self._after_return = False
        self._event = ""
        self._lines: list[str] = []
        self._pending_id = self.last_id

    def feed(self, text: str) -> list[Message]:
        if self._after_return:
            text = text.removeprefix("\n")
        self._after_return = text.endswith("\r")
        *lines, self._rest = LINE_END.split(self._rest + text)
        messages = (self._line(line) for line in lines)
        return [message for message in messages if message is not None]

    def _line(self, line: str) -> Message | None:
        if not line:
            return self._dispatch()
        if not line.startswith(":"):  # a comment only keeps the connection alive
            name, _, value = line.partition(":")
            self._take(name, value.removeprefix(" "))
        return None

    def _take(self, name: str, value: str) -> None:
        if name == "data":
            self._lines.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._pending_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000

    def _dispatch(self) -> Message | None:
        self.last_id = self._pending_id
        lines, self._lines = self._lines, []
        event, self._event = self._event or "message", ""
        if not lines:
            return None
        return Message(event, "\n".join(lines), self.last_id)
