"""What the story expects of the server: it is a check that can fail, not a film."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tessera_sdk import AsyncClient
from tessera_sdk.models import Proposal

T = TypeVar("T")

LOOKS_AGAIN_AFTER = 0.2


class StoryFailed(Exception):
    """Something did not happen as it must; the message is a sentence for people."""


def expect(holds: bool, otherwise: str) -> None:
    """Go on if it holds; else the story has failed, and `otherwise` says how."""
    if not holds:
        raise StoryFailed(otherwise)


def given(value: T | None, otherwise: str) -> T:
    """Return what must be there."""
    if value is None:
        raise StoryFailed(otherwise)
    return value


async def proposal_when(
    client: AsyncClient,
    proposal_id: str,
    reached: Callable[[Proposal], bool],
    *,
    within: float,
    otherwise: str,
) -> Proposal:
    """Return the proposal as soon as it has reached something; fail after so many seconds."""
    clock = asyncio.get_running_loop().time
    until = clock() + within
    while True:
        proposal = await client.proposals.get(proposal_id)
        if reached(proposal):
            return proposal
        if clock() > until:
            raise StoryFailed(
                f"{otherwise} within {within:.0f} seconds; the proposal is {proposal.status}."
            )
        await asyncio.sleep(LOOKS_AGAIN_AFTER)
