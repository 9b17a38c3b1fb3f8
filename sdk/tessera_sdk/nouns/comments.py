"""What is said about proposals: comments in threads, and objections."""

from tessera_sdk.calls import Call, get, given, paging, post
from tessera_sdk.models import Objection, Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.said import Comment


class Comments(Noun[RunnerT]):
    """What is said about proposals: comments in threads, and objections."""

    @listing
    def list(
        self, proposal_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Comment]]:
        return get(f"/proposals/{proposal_id}/comments", Page[Comment], paging(limit, cursor))

    @operation
    def create(
        self,
        proposal_id: str,
        team_id: str,
        text: str,
        *,
        reply_to: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Comment]:
        """Say something for a team that owns the asset, reads it, was asked, or is downstream."""
        body = given(team_id=team_id, text=text, reply_to=reply_to)
        return post(f"/proposals/{proposal_id}/comments", Comment, body, key=idempotency_key)

    @listing
    def objections(
        self, proposal_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Objection]]:
        return get(f"/proposals/{proposal_id}/objections", Page[Objection], paging(limit, cursor))

    @operation
    def object_to(
        self, proposal_id: str, team_id: str, reason: str, *, idempotency_key: str | None = None
    ) -> Call[Objection]:
        """Object for a team that is affected only downstream; it is heard and no veto."""
        body = given(team_id=team_id, reason=reason)
        return post(f"/proposals/{proposal_id}/objections", Objection, body, key=idempotency_key)
