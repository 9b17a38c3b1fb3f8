"""What the schedule does every minute: have digests sent that are due."""

from temporalio import activity

from activities.payloads import ActivityName, DigestsOutput
from record import digests
from store.database import Database


class DigestActivities:
    """Safe to repeat, and to run twice at once: each delivery is carried by one message."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=ActivityName.SEND_DIGESTS)
    async def send(self) -> DigestsOutput:
        """Put every digest that is due into the outbox."""
        return DigestsOutput(sent=await digests.send_due(self._database))
