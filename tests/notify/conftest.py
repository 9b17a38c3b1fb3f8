"""A sender as the worker has it on a development server, and a Slack on the loopback."""

from collections.abc import AsyncIterator

import pytest

from notify.slack_calls import SlackCalls
from notify.webhook import WebhookSender
from tests.support.slack_server import SlackServer


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    """Loopback is allowed, and a receiver has as long as a busy machine may take."""
    async with WebhookSender(allow_private=True, total_seconds=60.0) as sender:
        yield sender


@pytest.fixture
async def hasty() -> AsyncIterator[WebhookSender]:
    """The same, and a receiver has a second."""
    async with WebhookSender(allow_private=True, total_seconds=1.0) as sender:
        yield sender


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer.running() as slack:
        yield slack


@pytest.fixture
async def calls(slack: SlackServer) -> AsyncIterator[SlackCalls]:
    calls = SlackCalls(slack.url)
    yield calls
    await calls.close()
