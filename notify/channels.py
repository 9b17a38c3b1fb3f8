"""What every channel does: send one message to one destination, and say what came of it."""

from datetime import timedelta
from typing import Protocol

from domain.deliveries import Sent
from domain.destinations import Destination
from notify.messages import Message


class Channel(Protocol):
    """A way to tell somebody something."""

    async def send(self, destination: Destination, message: Message) -> Sent:
        """Send once and return what came of it; never raises for what the other side does.

        What it gives of the request and the response holds no secrets.
        """
        ...


def not_sent(error: str) -> Sent:
    """Return what came of a message that could not even be tried."""
    return Sent(status_code=None, error=error, duration=timedelta(0))
