"""Verifying the log: reading all of it and comparing it with its seals."""

from collections.abc import Callable
from contextlib import aclosing

from domain.proof_checks import Claims
from domain.verification import Verification, Verifier
from store.log_reader import LogReader, reading

Progress = Callable[[int, int], None]
"""Hears how many events were read, of about how many."""


async def verify(
    url: str,
    *,
    expected_head: str | None = None,
    proof: Claims | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Verification:
    """Return what is wrong with the log at `url`; `progress` hears how many of about how many.

    Reads in one transaction that only reads, so it disturbs nobody; raises `Unavailable`.
    """
    async with reading(url) as log:
        return await compare(log, expected_head=expected_head, proof=proof, progress=progress)


async def compare(
    log: LogReader,
    *,
    expected_head: str | None = None,
    proof: Claims | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Verification:
    """Return what is wrong with the log that is being read; raises `SetupFailed` where its tables
    are no plain ones."""
    unsealed = 0
    await log.begin()
    of = await log.events()
    verifier = Verifier(told=await log.told(), expected_head=expected_head, proof=proof)
    async with aclosing(log.parts()) as parts:
        async for part in parts:
            if part.seal is None:
                unsealed += len(part.lines)
            else:
                verifier.take(part.seal, part.leaves, part.lines)
            progress(verifier.sealed + unsealed, of)
    for row in await log.odd_rows():
        verifier.take_odd(row)
    return verifier.outcome(unsealed, await log.waited())
