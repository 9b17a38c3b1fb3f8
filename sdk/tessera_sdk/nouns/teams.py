"""Teams own assets and answer proposals."""

from collections.abc import Mapping

from pydantic import JsonValue

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, only, paging, post, query
from tessera_sdk.models import Page, Team, TeamPolicy
from tessera_sdk.names import is_id
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.people import Member


class Teams(Noun[RunnerT]):
    """Teams own assets and answer proposals."""

    @operation
    def create(self, name: str, *, idempotency_key: str | None = None) -> Call[Team]:
        return post("/teams", Team, {"name": name}, key=idempotency_key)

    @operation
    def get(self, team_id: str, *, deleted: str | None = None) -> Call[Team]:
        """`deleted="include"` shows a deleted one too."""
        return get(f"/teams/{team_id}", Team, query(deleted=deleted))

    @operation
    def rename(self, team_id: str, name: str) -> Call[Team]:
        return calls.change("PATCH", f"/teams/{team_id}", Team, {"name": name})

    @operation
    def delete(self, team_id: str, *, reassign_to: str | None = None) -> Call[None]:
        """One that owns assets only with `reassign_to`, the team that gets them."""
        return calls.delete(f"/teams/{team_id}", query(reassign_to=reassign_to))

    @operation
    def restore(
        self, team_id: str, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Call[Team]:
        """With its members, keys and registrations; `name` if its own is taken meanwhile."""
        return post(f"/teams/{team_id}/restore", Team, given(name=name), key=idempotency_key)

    @operation
    def merge(self, team_id: str, into: str, *, idempotency_key: str | None = None) -> Call[Team]:
        """Give all that a team has to another one; the answer is the merged team."""
        return post(f"/teams/{team_id}/merge", Team, {"into": into}, key=idempotency_key)

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
        self,
        *,
        name: str | None = None,
        deleted: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Team]]:
        """`deleted` is `include` or `only`."""
        wanted = query(name=name, deleted=deleted)
        return get("/teams", Page[Team], {**wanted, **paging(limit, cursor)})

    @operation
    def policy(self, team_id: str) -> Call[TeamPolicy]:
        return get(f"/teams/{team_id}/policy", TeamPolicy)

    @operation
    def set_policy(self, team_id: str, changes: Mapping[str, JsonValue]) -> Call[TeamPolicy]:
        """Whether the team's assets only observe that do not say it; `None`: as the server says."""
        return calls.change("PATCH", f"/teams/{team_id}/policy", TeamPolicy, changes)

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
