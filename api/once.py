"""One effect per request: the work, its answer and the key under which it is kept, in one commit.

The answer is rendered inside the transaction, so what is kept under an `Idempotency-Key` is what
was true when the effect was committed. Errors are not kept: whoever repeats the request gets a new
chance.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Header, Request, Response

from api.call import Call
from domain.authorization import Principal
from domain.errors import IdempotencyKeyReused
from store.database import Database, Runner, Work
from store.idempotency import KeptAnswer, RequestKey
from store.transaction import Transaction

T = TypeVar("T")

REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A rendered answer."""

    status: int
    body: str
    replayed: bool = False
    kept_body: str | None = None
    """What is kept instead, where the body shows what is shown once."""

    def response(self) -> Response:
        """Return it as it goes out."""
        headers = {REPLAYED: "true"} if self.replayed else None
        return Response(
            self.body, status_code=self.status, media_type="application/json", headers=headers
        )


Render = Callable[[Transaction, T], Awaitable[Answer]]


class _Replay(Exception):
    """The key's effect was committed before; this transaction has nothing to do."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class OnceRunner:
    """A runner for the one writing transaction of a request."""

    def __init__(self, database: Database, key: RequestKey | None, render: Render[object]) -> None:
        self._database = database
        self._key = key
        self._render = render
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer:
        """The answer, once the work is committed."""
        assert self._answer is not None, "the effect ran no transaction"
        return self._answer

    async def run(self, work: Work[T]) -> T:
        """Reserve the key, work, render and keep the answer; all of it or nothing."""

        async def once(tx: Transaction) -> T:
            await self._reserve(tx)
            result = await work(tx)
            self._answer = await self._render(tx, result)
            if self._key is not None:
                kept = self._answer.kept_body or self._answer.body
                await tx.idempotency.keep(self._key, self._answer.status, kept)
            return result

        return await self._database.run(once)

    async def _reserve(self, tx: Transaction) -> None:
        if self._key is None:
            return
        kept = await tx.idempotency.reserve(self._key)
        if kept is not None:
            raise _Replay(_repeated(kept, self._key))


async def answered(
    call: Call,
    key: RequestKey | None,
    effect: Callable[[Runner], Awaitable[T]],
    render: Render[T],
) -> Answer:
    """Run the effect once for its key and return its answer, or the one that was kept."""
    runner = OnceRunner(call.resources.database, key, cast("Render[object]", render))
    try:
        await effect(runner)
    except _Replay as replay:
        return replay.answer
    return runner.answer


async def kept_answer(call: Call, key: RequestKey | None) -> Answer | None:
    """Return the answer that is kept under the key, before anything is prepared for an effect.

    For who prepares much: what the request was about may be gone, and it is answered as before.
    """
    if key is None:
        return None
    kept = await call.resources.database.read(lambda tx: tx.idempotency.kept(key))
    return None if kept is None else _repeated(kept, key)


def _repeated(kept: KeptAnswer, key: RequestKey) -> Answer:
    if kept.body_hash != key.body_hash:
        raise IdempotencyKeyReused(
            "This idempotency key was used before with another body.", key=key.key
        )
    return Answer(status=kept.status, body=kept.body, replayed=True)


async def _request_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern="^[\\x21-\\x7e]+$",
            description="Send the same key to repeat a request safely: it takes effect once and "
            "is answered alike for a day.",
        ),
    ] = None,
) -> RequestKey | None:
    if key is None:
        return None
    principal = cast("Principal", request.state.principal)
    sent = request.url.query.encode() + b"\n" + await request.body()
    return RequestKey(
        principal=f"{principal.actor.kind.value}:{principal.actor.id or principal.actor.name}",
        route=f"{request.method} {request.url.path}",
        key=key,
        body_hash=hashlib.sha256(sent).hexdigest(),
    )


Key = Annotated[RequestKey | None, Depends(_request_key)]
