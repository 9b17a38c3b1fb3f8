"""The facts of passwords: set by a link, changed by their owner; and signing in with one.

A password is counted as tried before it is looked at, in a transaction of its own: of a thousand
tries at once each one is counted.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from domain.actors import Caller, Origin
from domain.authorization import Requester, Resource, permitted
from domain.errors import InvalidRequest, LinkUsed, NotReady, SignInRefused, TooManyAttempts
from domain.events import EventType, NewEvent
from domain.passwords import (
    LINK_LASTS,
    LONGEST,
    KeptPassword,
    PasswordLink,
    checked_password,
    normalized,
)
from domain.permissions import Action
from domain.sessions import new_token, token_digest
from domain.sign_ins import (
    WINDOW,
    Place,
    Tally,
    counts_for_all,
    is_too_many,
    strangers_key,
)
from domain.users import User, UserKind
from record import events, lookup, sessions
from record.password_hashing import PasswordHashing
from record.sessions import Beginning, Started
from store.database import Database, Runner
from store.transaction import Transaction


class Refusal(StrEnum):
    """Why nobody came in; whoever tried is told less."""

    WRONG = "wrong"
    TOO_MANY = "too many attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A sign-in that was refused, with whose account was meant if there is one."""

    why: Refusal
    user_id: UUID | None

    def error(self) -> SignInRefused | TooManyAttempts:
        """Return what is answered: the same whether there is such an account or not."""
        if self.why is Refusal.WRONG:
            return SignInRefused("That e-mail address and password do not fit together.")
        return too_many()


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What is known of a browser: its device token, if it has one, and where it is."""

    device: str | None
    address: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """An attempt that is counted; what is kept of the password is None where none would do."""

    place: Place
    account: str
    tally: Tally
    user: User | None
    kept: KeptPassword | None


async def sign_in(
    database: Database,
    hashing: PasswordHashing,
    browser: Browser,
    beginning: Beginning,
    *,
    email: str,
    password: str,
) -> Started | Refused:
    """Return the session of who has this address and password; raises `Unavailable`."""
    attempt = await database.run(_counted(browser, email.strip().lower(), None))
    user_id = None if attempt.user is None else attempt.user.id
    if is_too_many(attempt.tally):
        return Refused(why=Refusal.TOO_MANY, user_id=user_id)
    rehashed = await _proven(hashing, attempt, password)
    if attempt.user is None or rehashed is False:
        return Refused(why=Refusal.WRONG, user_id=user_id)
    user, kept = attempt.user, attempt.kept

    async def work(tx: Transaction) -> Started | None:
        now_user = await lookup.locked_user(tx, user.id)
        if not now_user.active or await tx.passwords.get(user.id) != kept or kept is None:
            return None
        if isinstance(rehashed, str):
            await tx.passwords.rehash(kept, rehashed)
        await _succeeded(tx, attempt)
        await _know(tx, browser, user.id)
        return await sessions.started(tx, _by(now_user, browser), beginning, user=now_user)

    found = await database.run(work)
    return found or Refused(why=Refusal.WRONG, user_id=user_id)


async def knows(database: Database, browser: Browser, email: str) -> bool:
    """Whether somebody has signed in to this account in this browser before."""

    async def work(tx: Transaction) -> bool:
        user = await tx.users.of_email(email.strip().lower())
        return await _device_of(tx, browser, user) is not None

    return await database.read(work)


async def change(
    database: Database,
    hashing: PasswordHashing,
    requester: Requester,
    browser: Browser,
    session_id: UUID | None,
    *,
    old: str,
    new: str,
) -> None:
    """Replace one's own password, and end one's sessions but the one that this is asked in."""
    user_id = requester.principal.user_id
    by = permitted(requester, Action.CHANGE_PASSWORD, _resource(user_id))
    if user_id is None:
        raise InvalidRequest("This key is nobody's, so it has no password.")
    attempt = await database.run(_counted(browser, "", user_id))
    if is_too_many(attempt.tally):
        raise too_many()
    if attempt.user is None or await _proven(hashing, attempt, old) is False:
        raise InvalidRequest(
            "That is not your password.", errors=[{"path": "old", "message": "not your password"}]
        )
    hashed = await hashing.hashed(checked_password(new, attempt.user))

    async def work(tx: Transaction) -> None:
        user = await lookup.locked_user(tx, user_id)
        if not user.active or await tx.passwords.get(user_id) != attempt.kept:
            raise NotReady("Your password was changed elsewhere a moment ago.")
        await _succeeded(tx, attempt)
        await _set(tx, by, user, hashed, but=session_id)
        await _know(tx, browser, user_id)

    await database.run(work)


async def create_link(runner: Runner, caller: Caller, user_id: UUID) -> tuple[PasswordLink, str]:
    """Make a link by which a person sets a password once; one that was made before is void."""

    async def work(tx: Transaction) -> tuple[PasswordLink, str]:
        by = permitted(caller, Action.LINK_PASSWORD, _resource(user_id))
        user = await lookup.locked_user(tx, user_id)
        if user.kind is UserKind.BOT:
            raise InvalidRequest(f"{user.name} is a bot: it has keys and no password.")
        if not user.active:
            raise NotReady(f"{user.name} is deactivated.")
        token = new_token()
        link = await tx.passwords.put_link(user_id, token_digest(token), LINK_LASTS)
        await events.append(
            tx,
            NewEvent(
                type=EventType.PASSWORD_LINK_CREATED,
                caller=by,
                summary=f"{user.name} is given a link to set a password.",
                payload={
                    "user_id": str(user_id),
                    "before": None,
                    "after": {"expires_at": link.expires_at.isoformat()},
                },
            ),
        )
        return link, token

    return await runner.run(work)


async def user_of_link(database: Database, token: str) -> User:
    """Return whose password a link sets; raises `LinkUsed`."""

    async def work(tx: Transaction) -> User | None:
        link = await tx.passwords.link(token_digest(token))
        return None if link is None else await tx.users.get(link.user_id)

    user = await database.read(work)
    if user is None or not user.active:
        raise _link_used()
    return user


async def set_by_link(
    database: Database, hashing: PasswordHashing, browser: Browser, *, token: str, password: str
) -> None:
    """Set the password of whose link it is; the link is used up, and all sessions end.

    Raises `LinkUsed`, `InvalidRequest` for a password that is not taken, and `Unavailable`; after
    the latter two the link works still.
    """
    wanted = await user_of_link(database, token)
    hashed = await hashing.hashed(checked_password(password, wanted))

    async def work(tx: Transaction) -> None:
        user = await lookup.locked_user(tx, wanted.id)
        # Read under the user's lock, and dropped by `_set`: of many at once one is let in.
        if await tx.passwords.link(token_digest(token)) is None or not user.active:
            raise _link_used()
        await _set(tx, _by(user, browser), user, hashed)
        await _know(tx, browser, user.id)

    await database.run(work)


async def set_first(tx: Transaction, by: Caller, browser: Browser, user: User, hashed: str) -> None:
    """Give a user who was just made a password, within the transaction that made them."""
    await _set(tx, by, user, hashed)
    await _know(tx, browser, user.id)


def too_many() -> TooManyAttempts:
    """Return the refusal of who tried too often."""
    seconds = int(WINDOW.total_seconds())
    return TooManyAttempts(
        f"Too many attempts from here. Wait {seconds // 60} minutes, or sign in in another way.",
        retry_after=seconds,
    )


def _counted(browser: Browser, email: str, user_id: UUID | None) -> "_Counting":
    return _Counting(browser=browser, email=email, user_id=user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counting:
    """The unit of work that counts an attempt on an account and reads what it is about."""

    browser: Browser
    email: str
    user_id: UUID | None

    async def __call__(self, tx: Transaction) -> _Attempt:
        if self.user_id is not None:
            user = await tx.users.get(self.user_id)
        else:
            user = await tx.users.of_email(self.email)
        account = self.email if user is None else str(user.id)
        device_id = await _device_of(tx, self.browser, user)
        place = Place(device_id=device_id, address=self.browser.address)
        tally = Tally(here=await tx.sign_ins.count(place.key(account)))
        if counts_for_all(place, tally.here):
            count = await tx.sign_ins.count(strangers_key(account))
            tally = replace(tally, strangers=count)
        is_person = user is not None and user.active and user.kind is UserKind.PERSON
        kept = await tx.passwords.get(user.id) if is_person and user is not None else None
        return _Attempt(place=place, account=account, tally=tally, user=user, kept=kept)


async def _device_of(tx: Transaction, browser: Browser, user: User | None) -> UUID | None:
    if browser.device is None or user is None:
        return None
    return await tx.sign_ins.device(token_digest(browser.device), user.id)


async def _proven(hashing: PasswordHashing, attempt: _Attempt, password: str) -> str | bool:
    """Return whether the password is right: True, or its new hash if the kept one is older."""
    password = normalized(password[: 4 * LONGEST])
    kept = None if attempt.kept is None or len(password) > LONGEST else attempt.kept.hashed
    checked = await hashing.check(password[:LONGEST], kept)
    return checked.rehashed or checked.right


async def _succeeded(tx: Transaction, attempt: _Attempt) -> None:
    await tx.sign_ins.forget(attempt.place.key(attempt.account))
    if attempt.tally.strangers is not None:
        await tx.sign_ins.take_back(strangers_key(attempt.account))


async def _know(tx: Transaction, browser: Browser, user_id: UUID) -> None:
    if browser.device is not None:
        await tx.sign_ins.know_device(token_digest(browser.device), user_id)


async def _set(
    tx: Transaction, by: Caller, user: User, hashed: str, but: UUID | None = None
) -> None:
    before = await tx.passwords.get(user.id)
    await tx.passwords.put(user.id, hashed)
    await tx.passwords.drop_links(user.id)
    await tx.sign_ins.forget_devices(user.id)
    await events.append(
        tx,
        NewEvent(
            type=EventType.PASSWORD_CHANGED,
            caller=by,
            summary=f"{user.name} set a password.",
            payload={
                "user_id": str(user.id),
                "before": {"password": before is not None},
                "after": {"password": True},
            },
        ),
    )
    await sessions.end_all(tx, by, user, but=but)


def _by(user: User, browser: Browser) -> Caller:
    return Caller(actor=sessions.person(user), origin=Origin.PAGE, request_id=browser.request_id)


def _resource(user_id: UUID | None) -> Resource:
    return Resource(noun="passwords", user_id=user_id)


def _link_used() -> LinkUsed:
    return LinkUsed(
        "This link was used, replaced by a newer one, or is too old. Ask an administrator for "
        "another."
    )
