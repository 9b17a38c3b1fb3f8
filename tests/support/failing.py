"""Deliveries whose attempts went wrong, without anybody to send them to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.deliveries import Sent
from record import deliveries
from record.deliveries import Attempt
from store.database import Database


async def carried(
    database: Database, delivery_id: UUID, sent: Sent, pause: timedelta | None = None
) -> None:
    """Make one attempt of a delivery that comes to this; without a pause it is the last one."""
    attempt = await deliveries.begin(database, delivery_id)
    assert isinstance(attempt, Attempt), attempt
    await deliveries.finish(
        database, delivery_id, attempt.number, sent, datetime.now(UTC), pause=pause
    )


def refused(code: int = 500) -> Sent:
    """What comes of an attempt that a receiver does not take."""
    return Sent(
        status_code=code,
        error=None,
        duration=timedelta(milliseconds=12),
        request={"headers": {"webhook-id": "1"}, "body": "{}"},
        response={"headers": {}, "body": "no"},
    )


TAKEN = Sent(status_code=204, error=None, duration=timedelta(milliseconds=3))
