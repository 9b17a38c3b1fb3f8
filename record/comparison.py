"""Comparing contents in a process pool: nothing slow on the event loop, nothing under a lock."""

import asyncio
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Self, TypeVar

from domain.changes import Change
from domain.compatibility import ContentModel, diff
from domain.contracts import ContractContent
from domain.errors import ComparisonTooLarge
from domain.fields import Field
from domain.guarantees import Guarantees, compare_guarantees
from domain.json_types import JsonObject
from domain.json_values import JSON
from domain.schemas import field_tree, parse
from record.bounds import Bounds, bound_memory, within

T = TypeVar("T")


class Comparer:
    """Parses and compares in child processes; one per API or worker process."""

    def __init__(self, processes: int = 2, bounds: Bounds | None = None) -> None:
        self._processes = processes
        self._bounds = bounds or Bounds()
        self._lifeline, self._held = multiprocessing.Pipe(duplex=False)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["domain.compatibility", "domain.schemas"])
        return ProcessPoolExecutor(
            self._processes,
            mp_context=context,
            initializer=_prepare,
            initargs=(self._lifeline, self._bounds),
        )

    async def warm(self) -> None:
        """Start the child processes now, so that the first request does not wait for them."""
        await asyncio.gather(*(self._run(_nothing) for _ in range(self._processes)))

    async def content(
        self,
        *,
        format: str,  # noqa: A002  # the word of the API
        schema: JSON,
        documents: Mapping[str, JSON] | None,
        root: str | None,
        guarantees: object,
    ) -> tuple[ContractContent, tuple[Field, ...]]:
        """Parse a schema and its guarantees; raises `InvalidSchema` or `InvalidGuarantees`."""
        return await self._run(_content, format, schema, documents, root, guarantees)

    async def changes(
        self,
        versions: Sequence[tuple[str, ContractContent]],
        new: ContractContent,
        model: ContentModel,
    ) -> tuple[Change, ...]:
        """Return the changes from the last of `versions` to `new`.

        Of earlier versions, which a transitive mode looks at, only the breaking changes that the
        last one does not show are added, each saying from which version it is.
        """
        if not versions:
            return ()
        return await self._run(_changes, tuple(versions), new, model)

    async def field_tree(self, content: ContractContent) -> tuple[Field, ...]:
        """Return the field tree of a content."""
        return await self._run(_fields, content)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        for _ in range(2):
            pool = self._pool
            try:
                return await loop.run_in_executor(pool, within, self._bounds, function, arguments)
            except BrokenProcessPool:  # a child ended; the work itself has no effects
                if self._pool is pool:
                    self._pool = self._new_pool()
        raise ComparisonTooLarge(
            "The process that compares the schemas ended twice while it did so.", limit="child"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._held.close()
        self._lifeline.close()


def _prepare(lifeline: Connection, bounds: Bounds) -> None:
    _end_with_parent(lifeline)
    bound_memory(bounds)


def _end_with_parent(lifeline: Connection) -> None:
    """Let a child end when the process it works for is gone, also by SIGKILL.

    It would wait for work for ever otherwise: children hold both ends of the queue that they read.
    The other end of the lifeline is held by the parent alone, so the kernel closes it in any case.
    """
    threading.Thread(target=_until_parent_ends, args=(lifeline,), daemon=True).start()


def _until_parent_ends(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(0)


def _nothing() -> None:
    return None


def _content(
    format: str,  # noqa: A002
    schema: JSON,
    documents: Mapping[str, JSON] | None,
    root: str | None,
    guarantees: object,
) -> tuple[ContractContent, tuple[Field, ...]]:
    parsed = parse(format, schema=schema, documents=documents, root=root)
    fields = field_tree(parsed)
    return ContractContent(schema=parsed, guarantees=Guarantees.parse(guarantees, fields)), fields


def _fields(content: ContractContent) -> tuple[Field, ...]:
    return field_tree(content.schema)


def _changes(
    versions: tuple[tuple[str, ContractContent], ...], new: ContractContent, model: ContentModel
) -> tuple[Change, ...]:
    *earlier, (_, last) = versions
    found = list(_between(last, new, model))
    seen = {(change.kind, change.path) for change in found}
    for version, content in reversed(earlier):
        for change in _between(content, new, model):
            breaks = change.breaks_backward or change.breaks_forward
            if breaks and (change.kind, change.path) not in seen:
                seen.add((change.kind, change.path))
                found.append(_since(change, version))
    return tuple(found)


def _between(old: ContractContent, new: ContractContent, model: ContentModel) -> tuple[Change, ...]:
    schema_changes = diff(old.schema, new.schema, model).changes
    return (*schema_changes, *compare_guarantees(old.guarantees, new.guarantees))


def _since(change: Change, version: str) -> Change:
    wire: JsonObject = change.to_wire()
    return Change.from_wire(wire | {"sentence": f"{change.sentence} (Compared with {version}.)"})
