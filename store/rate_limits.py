"""Buckets of rate limits in Postgres, by the clock of Postgres.

A bucket is the time at which it will be full again, so one that is full needs no row. The table is
unlogged: after a crash of Postgres all buckets are full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Double, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.rate_limits import Leased, Limit
from store.rows import Row
from store.sql import Sql

BATCH = 10_000


class RateBucketRow(Row):
    """`granted` is what the last lease got, for want of another way to return it."""

    __tablename__ = "rate_buckets"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012  # SQLAlchemy reads it

    key: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime]
    granted: Mapped[int]


@dataclass(frozen=True, slots=True)
class Ask:
    """A process wants so many tokens out of a bucket."""

    key: str
    limit: Limit
    count: int


# Looked at and changed under the lock of the row. The clock is read once, after the lock was got:
# a volatile function in a subquery of its own is not copied to where its result is used. Rounded up
# to microseconds, so that no lease gives a fraction of a token for nothing.
_LEASE = text(
    """
    WITH asked AS MATERIALIZED (
      SELECT * FROM unnest(:keys, :counts, :rates, :spans) AS a (key, count, rate, span)
      ORDER BY key
    )
    INSERT INTO rate_buckets AS bucket (key, full_at, granted)
    SELECT key, clock_timestamp() + make_interval(secs => ceil(count / rate * 1e6) / 1e6), count
    FROM asked ORDER BY key
    ON CONFLICT (key) DO UPDATE SET (full_at, granted) = (
      SELECT clock.now + make_interval(secs => ceil((empty + got / rate) * 1e6) / 1e6), got
      FROM asked,
        LATERAL (SELECT clock_timestamp() AS now OFFSET 0) AS clock,
        LATERAL (
          SELECT least(span, greatest(0, extract(epoch FROM bucket.full_at - clock.now)::float8))
            AS empty
        ) AS standing,
        LATERAL (SELECT least(count, floor((span - empty) * rate))::bigint AS got) AS grant_
      WHERE asked.key = bucket.key
    )
    RETURNING key, granted, extract(epoch FROM full_at - clock_timestamp())::float8 AS fills_in
    """
).bindparams(
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("counts", type_=ARRAY(BigInteger)),
    bindparam("rates", type_=ARRAY(Double)),
    bindparam("spans", type_=ARRAY(Double)),
)
_FORGET = text(
    """
    DELETE FROM rate_buckets WHERE key IN (
      SELECT key FROM rate_buckets WHERE full_at < clock_timestamp()
      LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    """
)


class RateLimits:
    """Leases tokens out of buckets."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def lease(self, asks: Sequence[Ask]) -> dict[str, Leased]:
        """Return what each ask gets, by key; no key may be asked for twice."""
        found = await self._sql.execute(
            _LEASE,
            {
                "keys": [ask.key for ask in asks],
                "counts": [min(ask.count, ask.limit.capacity) for ask in asks],
                "rates": [ask.limit.rate for ask in asks],
                "spans": [ask.limit.span for ask in asks],
            },
        )
        return {
            row.key: Leased(granted=row.granted, fills_in=max(0.0, row.fills_in)) for row in found
        }

    async def forget_full(self) -> int:
        """Delete buckets that are full again; return how many, at most `BATCH`."""
        return await self._sql.touched(_FORGET, {"batch": BATCH})
