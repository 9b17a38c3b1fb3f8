"""Teams own assets and answer proposals."""

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, only, paging, post, query
from tessera_sdk.models import Page, Team, TeamPolicy, Webhook
from tessera_sdk.names import is_id
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.people import Member


class Teams(Noun[RunnerT]):
    """Teams own assets and answer proposals."""

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Call[Team]:
        return post("/teams", Team, {"name": name}, key=idempotency_key)

    @operation
    def get(self, team_id: str) -> Call[Team]:
        return get(f"/teams/{team_id}", Team)

    @operation
    def find(self, name_or_id: str) -> Call[Team]:
        """The team of this name or id; a `not_found` problem if there is none."""
        if is_id(name_or_id):
            return get(f"/teams/{name_or_id}", Team)
        return only(
            "/teams",
            Page[Team],
            query(name=name_or_id),
            lambda team: team.name.casefold() == name_or_id.casefold(),
            f"team called {name_or_id!r}",
        )

    @listing
    def list(
        self, *, name: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Team]]:
        return get("/teams", Page[Team], query(name=name, **paging(limit, cursor)))

    @operation
    def policy(self, team_id: str) -> Call[TeamPolicy]:
        return get(f"/teams/{team_id}/policy", TeamPolicy)

    @operation
    def set_policy(self, team_id: str, *, observe: bool | None) -> Call[TeamPolicy]:
        """Whether the team's assets only observe that do not say it; `None`: as the server says."""
        return calls.change("PATCH", f"/teams/{team_id}/policy", TeamPolicy, {"observe": observe})

    @listing
    def members(
        self, team_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Member]]:
        return get(f"/teams/{team_id}/members", Page[Member], paging(limit, cursor))

    @operation
    def put_member(self, team_id: str, user_id: str, role: str) -> Call[Member]:
        """Add a user as `owner`, `member` or `viewer`, or give a member another role."""
        return calls.change("PUT", f"/teams/{team_id}/members/{user_id}", Member, {"role": role})

    @operation
    def remove_member(self, team_id: str, user_id: str) -> Call[None]:
        return calls.delete(f"/teams/{team_id}/members/{user_id}")

    @operation
    def set_webhook(self, team_id: str, url: str, *, secret: str | None = None) -> Call[Webhook]:
        """Send the team's events to `url`. Without a secret the answer shows, once, a new one."""
        return calls.change(
            "PUT", f"/teams/{team_id}/webhook", Webhook, given(url=url, secret=secret)
        )

    @operation
    def webhook(self, team_id: str) -> Call[Webhook]:
        return get(f"/teams/{team_id}/webhook", Webhook)

    @operation
    def remove_webhook(self, team_id: str) -> Call[None]:
        return calls.delete(f"/teams/{team_id}/webhook")
