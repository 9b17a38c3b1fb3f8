"""What the schedule does every minute: seal what was written to the log since."""

import time
from datetime import timedelta

from temporalio import activity

from activities.payloads import ActivityName, SealOutput
from domain.seals import BATCH
from record import seals
from store.database import Database

LONGEST = timedelta(seconds=15)
"""Well within the activity's time; what is left is sealed a minute later."""


class SealActivities:
    """Safe to repeat, and to run twice at once: each event is sealed once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=ActivityName.SEAL)
    async def seal(self) -> SealOutput:
        """Seal events, batch after batch, until none is left or the time is over."""
        ends = time.monotonic() + LONGEST.total_seconds()
        sealed, last = 0, BATCH
        while last == BATCH and time.monotonic() < ends:
            last = await seals.seal_next(self._database)
            sealed += last
        return SealOutput(sealed=sealed)
