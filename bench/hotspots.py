"""Where an API process spends its CPU: the real app in this process, under Python's own profiler.

The profiler makes calls dearer than they are, so what compares are shares; the milliseconds beside
each operation are without it, and without a socket and a server of HTTP.
"""

import cProfile
import json
import pstats
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from bench.log import analyzed, database_in
from bench.tables import table
from record.comparison import Comparer
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import Api, app_over, client_of
from tests.support.api_client import table as schema_of

CONSUMERS = 5
TIMES = 120
MOST = 14
"""Lines of each kind."""
_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = "site-packages/"
_WAITING = "select.epoll"
"""Where the loop waits: no CPU of its own, and another clock's error."""

Once = Callable[[int], Awaitable[object]]


async def figures(directory: Path) -> list[str]:
    """Return, by operation, the CPU of one request, its shares by package, and the functions."""
    lines: list[str] = []
    async with _serving(directory) as (app, api):
        for name, once in (await _operations(app, api)).items():
            lines += [*await _profiled(name, once), ""]
    return lines


@asynccontextmanager
async def _serving(directory: Path) -> AsyncIterator[tuple[FastAPI, Api]]:
    async with (
        database_in(directory) as (url, database, _),
        Comparer(processes=1) as comparer,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        app = app_over(database, comparer, feed)
        async with client_of(app) as client:
            yield app, Api(client, database)


async def _operations(app: FastAPI, api: Api) -> dict[str, Once]:
    assets = [await api.asset() for _ in range(TIMES + TIMES // 10)]
    readers = [await api.team() for _ in range(CONSUMERS)]
    for asset in assets:
        await api.publish(asset, schema_of("id", "email"))
    for asset in assets:
        for reader in readers:
            await api.register(asset, reader, ["email"])
    proposal = await api.proposal(*readers)
    await api.database.run(analyzed)

    def sent(method: str, path: Callable[[int], str], body: Callable[[int], object]) -> Once:
        return lambda number: _asked(app, method, f"/api/v1{path(number)}", body(number))

    def publishing(*columns: str) -> Once:
        body = {"schema": schema_of(*columns)}
        return sent("POST", lambda n: f"/assets/{assets[n]['id']}/contracts", lambda _n: body)

    return {
        "get an asset": sent("GET", lambda n: f"/assets/{assets[n]['id']}", lambda _n: None),
        "list 50 assets": sent("GET", lambda _n: "/assets", lambda _n: None),
        "publish, compatible": publishing("id", "email", "more"),
        f"publish, breaking for {CONSUMERS}": publishing("id"),
        "acknowledge": sent(
            "POST",
            lambda _n: f"/proposals/{proposal['id']}/acknowledge",
            lambda n: {"consumer_team_id": readers[n % 4]["id"], "response": "approved"},
        ),
    }


async def _asked(app: FastAPI, method: str, path: str, body: object) -> None:
    """Ask the app as a server does."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = [(b"host", b"bench"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [*headers, (b"content-length", str(len(content)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("bench", 80),
    }
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        statuses.append(message.get("status"))

    await app(scope, receive, send)
    assert statuses[0] in (200, 201, 202), statuses


async def _profiled(name: str, once: Once) -> list[str]:
    for number in range(TIMES, TIMES + TIMES // 20):
        await once(number)
    began = time.process_time()
    for number in range(TIMES // 2):
        await once(number)
    without = (time.process_time() - began) / (TIMES // 2) * 1000
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for number in range(TIMES // 2, TIMES):
        await once(number)
    profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    packages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, line, function), (_, _, inside, _, _) in stats.items():
        if _WAITING not in function:
            packages[_package(file, function)] += inside
            functions[f"{_place(file, line)} {function}".strip()] += inside
    total = sum(packages.values())
    return [
        *_shares(f"{name}: {without:.1f} ms", packages, total),
        "",
        *_shares("functions, without what they call", functions, total),
    ]


def _shares(title: str, spent: Counter[str], total: float) -> list[str]:
    rows = [(what, f"{inside / total:.1%}") for what, inside in spent.most_common(MOST)]
    return table((title, "share"), rows)


def _place(file: str, line: int) -> str:
    if file == "~":
        return ""
    for above in (_PACKAGES, f"{_ROOT}/", "/lib/"):
        file = file.rsplit(above, maxsplit=1)[-1]
    return f"{file}:{line}"


def _package(file: str, function: str) -> str:
    if file == "~":
        return "sockets" if "socket" in function else "built into Python"
    if _PACKAGES in file:
        return file.split(_PACKAGES)[1].split("/", maxsplit=1)[0].removesuffix(".py")
    return "ours" if file.startswith(str(_ROOT)) else "Python's library"
