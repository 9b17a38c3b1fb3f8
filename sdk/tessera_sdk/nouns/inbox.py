"""What waits for teams."""

from collections.abc import Sequence

from tessera_sdk.calls import Call, get, paging, query
from tessera_sdk.inbox import InboxPage
from tessera_sdk.operations import Noun, RunnerT, operation


class Inbox(Noun[RunnerT]):
    """What waits for teams."""

    @operation
    def page(
        self,
        *,
        team_ids: Sequence[str] = (),
        user_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[InboxPage]:
        """Of these teams, of this user's, or with neither of those that the credential is of."""
        wanted = query(team_id=tuple(team_ids), user_id=user_id)
        return get("/inbox", InboxPage, {**wanted, **paging(limit, cursor)})
