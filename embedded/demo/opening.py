"""Where the story is played: on the server that answers, or on one that is started for it."""

import os
from collections import deque
from pathlib import Path

import httpx
from rich.console import Console
from rich.text import Text
from tessera_sdk.cli.exits import Exit
from tessera_sdk.cli.screen import prose
from tessera_sdk.connection import LOOPBACK_HOSTS, PREFIX, checked
from tessera_sdk.errors import ConfigurationError

from embedded.demo.play import Place, play
from embedded.foreground import OURS, Prepare, run_foreground
from embedded.processes import open_log
from embedded.stack import Stack, StackOptions
from embedded.supervisor import NAME_WIDTH, Log

ANSWERS_WITHIN = 3.0
LAST_LINES = 15


async def play_or_bring_up(
    wished: str | None,
    api_key: str | None,
    options: StackOptions,
    prepare: Prepare,
    *,
    address: str,
) -> int:
    """Play on the server at `wished` or `address`; bring everything up first if none answers.

    Returns the exit code: 0, or 1 if a step of the story failed or something could not be started,
    2 if the address is none, 3 if the server that it names does not answer, 130 if the story was
    interrupted.
    On a terminal a server that was started stays up until Ctrl-C.
    """
    console = Console(highlight=False)
    try:
        url = checked((wished or address).rstrip("/").removesuffix(PREFIX))
    except ConfigurationError as error:
        console.print(str(error), soft_wrap=True)
        return Exit.USAGE
    if await answers(url):
        console.print(prose(f"A Tessera server answers at {url}; the story is played there."))
        place = Place(url, _host(url), api_key, ours=False, stays_up=True)
        return 0 if await play(place, console) else 1
    if not _same_place(url, address):
        console.print(prose(f"No Tessera server answers at {url}."))
        console.print("Without TESSERA_URL and --url one is started here.", style="dim")
        return Exit.UNREACHABLE
    return await _bring_up(console, api_key, options, prepare, address)


async def _bring_up(
    console: Console, api_key: str | None, options: StackOptions, prepare: Prepare, address: str
) -> int:
    log = BesideLog(console, options.data_dir.expanduser().absolute() / "logs" / "demo.log")
    stays_up = console.is_terminal
    place = Place(address, _host(address), api_key, ours=True, stays_up=stays_up)
    began = played = False

    async def once_up(stack: Stack) -> int | None:
        nonlocal began, played
        began = True
        console.print(
            f"Everything is up. What the servers say goes to {log.path}",
            style="dim",
            soft_wrap=True,
        )
        played = await play(place, console)
        if not played:
            console.print(f"What the servers said is in {log.path}", soft_wrap=True)
            return 1
        if not stays_up:
            return 0
        console.print()
        console.print(prose(f"It stays up: {address}. Ctrl-C stops it; nothing is lost.", "bold"))
        return None

    console.print("No server answers yet, so one is started here; the first time takes longest.")
    code = await run_foreground(options, prepare, once_up=once_up, log=log)
    if code != 0 and not began:
        log.show_last()
    return Exit.INTERRUPTED if code == 0 and not played else code


class BesideLog(Log):
    """Our own lines on the screen, calmly; those of the servers in a file."""

    def __init__(self, console: Console, path: Path) -> None:
        super().__init__()
        self.path = path
        self._console = console
        self._last: deque[str] = deque(maxlen=LAST_LINES)

    def write(self, name: str, line: str) -> None:
        """Write a line where it belongs."""
        if name == OURS:
            self._console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
            return
        text = f"{name:<{NAME_WIDTH}} | {line}"
        self._last.append(text)
        with os.fdopen(open_log(self.path), "a", encoding="utf-8") as output:
            output.write(text + "\n")

    def show_last(self) -> None:
        """Show what the servers said last, for who could not start them."""
        for line in self._last:
            self._console.print(Text(f"  {line}"), soft_wrap=True)


async def answers(url: str) -> bool:
    """Whether a Tessera server answers there; something else that listens does not count."""
    near = _host(url) in LOOPBACK_HOSTS
    try:
        async with httpx.AsyncClient(timeout=ANSWERS_WITHIN, trust_env=not near) as http:
            answer = await http.get(f"{url}/health/live")
            return answer.is_success and answer.json() == {"status": "ok"}
    except (httpx.HTTPError, ValueError):
        return False


def _host(url: str) -> str:
    return httpx.URL(url).host


def _same_place(one: str, other: str) -> bool:
    """Whether two addresses mean the same server; all names of the loopback are one."""

    def place(url: str) -> tuple[str, int | None]:
        address = httpx.URL(url)
        host = "localhost" if address.host in LOOPBACK_HOSTS else address.host
        return host, address.port or {"http": 80, "https": 443}.get(address.scheme)

    return place(one) == place(other)
