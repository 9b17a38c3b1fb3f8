"""Signing in, in Postgres: counted attempts, known browsers, and what is on its way to a provider.

Every API process counts in the same rows.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.sign_ins import WINDOW
from store.rows import Id, Row, Stamp, new_id
from store.sql import Sql

DEVICE_LASTS = timedelta(days=180)
PENDING_LASTS = timedelta(minutes=10)


class SignInAttemptRow(Row):
    """How often a password was tried; `key` is a digest of the account and where from."""

    __tablename__ = "sign_in_attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    began_at: Mapped[Stamp] = mapped_column(index=True)


class KnownDeviceRow(Row):
    """A browser in which a user has signed in, known by the digest of its cookie."""

    __tablename__ = "known_devices"

    id: Mapped[Id]
    digest: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    used_at: Mapped[Stamp] = mapped_column(index=True)


class PendingSignInRow(Row):
    """A browser that was sent to the provider and is not back yet."""

    __tablename__ = "pending_sign_ins"

    digest: Mapped[str] = mapped_column(primary_key=True)
    goal: Mapped[str]
    began_at: Mapped[Stamp] = mapped_column(index=True)


Index("uq_known_devices_digest", KnownDeviceRow.digest, KnownDeviceRow.user_id, unique=True)


class SignIns:
    """Reads and writes what surrounds a sign-in."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def count(self, key: str) -> int:
        """Count an attempt and return how many there were in this window."""
        now = func.clock_timestamp()
        is_over = SignInAttemptRow.began_at <= now - WINDOW
        statement = (
            insert(SignInAttemptRow)
            .values(key=key, count=1)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "count": case((is_over, 1), else_=SignInAttemptRow.count + 1),
                    "began_at": case((is_over, now), else_=SignInAttemptRow.began_at),
                },
            )
            .returning(SignInAttemptRow.count)
        )
        return await self._sql.one_value(statement)

    async def forget(self, key: str) -> None:
        """Count from zero again."""
        await self._sql.execute(delete(SignInAttemptRow).where(SignInAttemptRow.key == key))

    async def take_back(self, key: str) -> None:
        """Count one attempt less: it succeeded."""
        await self._sql.execute(
            update(SignInAttemptRow)
            .where(SignInAttemptRow.key == key, SignInAttemptRow.count > 0)
            .values(count=SignInAttemptRow.count - 1)
        )

    async def device(self, digest: str, user_id: UUID) -> UUID | None:
        """Return the id of a browser that is known to this user's account."""
        statement = select(KnownDeviceRow.id).where(
            KnownDeviceRow.digest == digest,
            KnownDeviceRow.user_id == user_id,
            KnownDeviceRow.used_at > func.clock_timestamp() - DEVICE_LASTS,
        )
        return await self._sql.value(statement)

    async def know_device(self, digest: str, user_id: UUID) -> None:
        """Remember that this user has signed in in this browser."""
        await self._sql.execute(
            insert(KnownDeviceRow)
            .values(id=new_id(), digest=digest, user_id=user_id)
            .on_conflict_do_update(
                index_elements=["digest", "user_id"], set_={"used_at": func.clock_timestamp()}
            )
        )

    async def forget_devices(self, user_id: UUID) -> None:
        """Let no browser be known to this user's account."""
        await self._sql.execute(delete(KnownDeviceRow).where(KnownDeviceRow.user_id == user_id))

    async def begin(self, digest: str, goal: str) -> None:
        """Remember that this browser goes to the provider."""
        await self._sql.execute(insert(PendingSignInRow).values(digest=digest, goal=goal))

    async def come_back(self, digest: str) -> str | None:
        """Return where the browser wanted to go, once; None if it did not go or it was too long."""
        statement = (
            delete(PendingSignInRow)
            .where(PendingSignInRow.digest == digest)
            .returning(PendingSignInRow.goal, PendingSignInRow.began_at, func.clock_timestamp())
        )
        row = (await self._sql.execute(statement)).one_or_none()
        if row is None:
            return None
        goal, began_at, now = row
        return str(goal) if _is_recent(began_at, now) else None

    async def forget_old(self) -> None:
        """Delete what counts no more."""
        now = func.clock_timestamp()
        for statement in (
            delete(SignInAttemptRow).where(SignInAttemptRow.began_at <= now - WINDOW),
            delete(KnownDeviceRow).where(KnownDeviceRow.used_at <= now - DEVICE_LASTS),
            delete(PendingSignInRow).where(PendingSignInRow.began_at <= now - PENDING_LASTS),
        ):
            await self._sql.execute(statement)


def _is_recent(began_at: datetime, now: datetime) -> bool:
    return now < began_at + PENDING_LASTS
