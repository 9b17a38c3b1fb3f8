"""The people and bots that belong to teams."""

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, only, paging, post, query
from tessera_sdk.models import Page
from tessera_sdk.names import is_id
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.people import Me, PasswordLink, Session, SignedOut, User


class Users(Noun[RunnerT]):
    """The people and bots that belong to teams."""

    @operation
    def create(
        self,
        name: str,
        *,
        email: str | None = None,
        kind: str = "person",
        administrator: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[User]:
        """A person needs an e-mail address, a `bot` only its name."""
        body = given(name=name, email=email, kind=kind, administrator=administrator)
        return post("/users", User, body, key=idempotency_key)

    @operation
    def get(self, user_id: str) -> Call[User]:
        return get(f"/users/{user_id}", User)

    @operation
    def find(self, who: str) -> Call[User]:
        """By id, by e-mail address, or the bot of this name; a `not_found` problem if none."""
        if is_id(who):
            return get(f"/users/{who}", User)
        wanted = query(email=who) if "@" in who else query(name=who, kind="bot")
        return only("/users", Page[User], wanted, lambda _user: True, f"user called {who!r}")

    @listing
    def list(
        self,
        *,
        name: str | None = None,
        email: str | None = None,
        kind: str | None = None,
        active: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[User]]:
        said = None if active is None else str(active).lower()
        wanted = query(name=name, email=email, kind=kind, active=said)
        return get("/users", Page[User], {**wanted, **paging(limit, cursor)})

    @operation
    def update(
        self,
        user_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        administrator: bool | None = None,
    ) -> Call[User]:
        body = given(name=name, email=email, administrator=administrator)
        return calls.change("PATCH", f"/users/{user_id}", User, body)

    @operation
    def deactivate(self, user_id: str, *, idempotency_key: str | None = None) -> Call[User]:
        """From the answer on, no key or session of the user works."""
        return post(f"/users/{user_id}/deactivate", User, {}, key=idempotency_key)

    @operation
    def reactivate(self, user_id: str, *, idempotency_key: str | None = None) -> Call[User]:
        return post(f"/users/{user_id}/reactivate", User, {}, key=idempotency_key)

    @operation
    def me(self) -> Call[Me]:
        """Who the key belongs to that this client sends, and what it may do."""
        return get("/me", Me)

    @listing
    def sessions(
        self, user_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Session]]:
        """The browsers in which a user is signed in, or was."""
        return get(f"/users/{user_id}/sessions", Page[Session], paging(limit, cursor))

    @operation
    def end_session(
        self, user_id: str, session_id: str, *, idempotency_key: str | None = None
    ) -> Call[Session]:
        path = f"/users/{user_id}/sessions/{session_id}/revoke"
        return post(path, Session, {}, key=idempotency_key)

    @operation
    def sign_out(self, user_id: str, *, idempotency_key: str | None = None) -> Call[SignedOut]:
        """Everywhere; keys go on working."""
        return post(f"/users/{user_id}/sign-out", SignedOut, {}, key=idempotency_key)

    @operation
    def password_link(
        self, user_id: str, *, idempotency_key: str | None = None
    ) -> Call[PasswordLink]:
        """A link by which a person sets a password, once, within a day."""
        path = f"/users/{user_id}/password-link"
        return post(path, PasswordLink, {}, key=idempotency_key)
