"""A sender as the worker has it on a development server."""

from collections.abc import AsyncIterator

import pytest

from notify.webhook import WebhookSender


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    """Loopback is allowed, and a receiver has a second."""
    async with WebhookSender(allow_private=True, total_seconds=1.0) as sender:
        yield sender
