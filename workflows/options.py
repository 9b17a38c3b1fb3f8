"""Every timeout and retry policy of the workflows, by name.

Who retries what (design: "who retries what"): activities that only touch the database are retried
without limit; one attempt of a delivery is never retried by Temporal, its workflow paces the
attempts.
"""

from datetime import timedelta

from temporalio.common import RetryPolicy

DATABASE_TIMEOUT = timedelta(seconds=30)
DATABASE_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=60),
)

COMPARISON_TIMEOUT = timedelta(seconds=120)
"""Rebasing compares schemas, which takes longer than a transaction on large ones."""

LONGEST_STEP = timedelta(hours=1)
"""Over all tries of a step that computes: one that never ends becomes stuck, and is looked at."""

ATTEMPT_TIMEOUT = timedelta(seconds=60)
"""Longer than an attempt's own limits together, so that only a lost worker runs into it."""
ATTEMPT_ONCE = RetryPolicy(maximum_attempts=1)
LOST_ATTEMPT_PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600, 10_800, 43_200)
)
"""The pauses after attempts whose worker was lost; after the last one the delivery is given up."""

SHORTEST_WAIT = timedelta(seconds=1)
UNKNOWN_STEP_WAIT = timedelta(minutes=1)
STUCK_WAIT = timedelta(hours=1)
MOVED_ON_WAIT = timedelta(milliseconds=200)
"""Between a settlement that found the facts moved on and the next review."""

WATCH_EVERY = timedelta(minutes=1)
SEAL_EVERY = timedelta(minutes=1)
DIGESTS_EVERY = timedelta(minutes=1)
