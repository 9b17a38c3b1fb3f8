"""The first administrator of a server that nobody has: made once, however many try at once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.actors import Actor, ActorKind, Caller, Origin
from domain.errors import NotReady
from domain.passwords import checked_password
from domain.users import User, UserKind, checked_email, checked_user_name
from record import passwords, sessions, users
from record.password_hashing import PasswordHashing
from record.passwords import Browser
from record.sessions import Beginning, Started
from store.database import Database
from store.transaction import Transaction

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdministrator:
    """Who it is to be."""

    name: str
    email: str
    password: str


async def is_wanted(database: Database) -> bool:
    """Whether there is neither a user nor a key."""

    async def work(tx: Transaction) -> bool:
        return not await tx.api_keys.is_anybody()

    return await database.read(work)


async def make(
    database: Database,
    hashing: PasswordHashing,
    browser: Browser,
    beginning: Beginning,
    new: NewAdministrator,
) -> Started:
    """Make the first administrator, who is signed in.

    Raises `NotReady` when there is somebody, `InvalidRequest` for a name, an address or a password
    that is not taken, and `Unavailable`.
    """
    name, email = checked_user_name(new.name), checked_email(new.email, UserKind.PERSON)
    assert email is not None
    password = checked_password(new.password, _to_be(name, email))
    hashed = await hashing.hashed(password)
    by = Caller(
        actor=Actor(kind=ActorKind.SYSTEM, name="set-up"),
        origin=Origin.PAGE,
        request_id=browser.request_id,
    )

    async def work(tx: Transaction) -> Started:
        await tx.users.lock_all()  # of two at once the second sees the first one's administrator
        if await tx.api_keys.is_anybody():
            raise NotReady("This server has been set up. Sign in.")
        user = await users.made(tx, by, name, email, administrator=True)
        own = Caller(actor=sessions.person(user), origin=by.origin, request_id=browser.request_id)
        await passwords.set_first(tx, own, browser, user, hashed)
        return await sessions.started(tx, own, beginning, user=user)

    return await database.run(work)


def _to_be(name: str, email: str) -> User:
    """Return the user as they will be, whose name and address a password must not be."""
    return User(
        id=_NOBODY,
        name=name,
        email=email,
        kind=UserKind.PERSON,
        administrator=True,
        deactivated_at=None,
        created_at=datetime.now(UTC),
    )
