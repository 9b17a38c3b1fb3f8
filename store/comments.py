"""Comments in Postgres: appended, never rewritten."""

from uuid import UUID

from sqlalchemy import BindParameter, ForeignKey, Index, bindparam, func, select, union
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Caller
from domain.comments import Comment
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from store.objections import ObjectionRow
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, Wire, new_id
from store.sql import Sql

_CALLER = Wire(Caller)


class CommentRow(Row):
    """One comment; ids are UUIDv7, and those of one proposal are written under its lock."""

    __tablename__ = "comments"

    id: Mapped[Id]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    thread_id: Mapped[UUID] = mapped_column(index=True)
    reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))
    text: Mapped[str]
    caller: Mapped[JsonObject]
    recorded_at: Mapped[Stamp]


Index("ix_comments_proposal_id_id", CommentRow.proposal_id, CommentRow.id)


_ABOUT: BindParameter[UUID] = bindparam("proposal_id")
_HEARD = union(
    select(CommentRow.team_id).where(CommentRow.proposal_id == _ABOUT),
    select(ObjectionRow.team_id).where(ObjectionRow.proposal_id == _ABOUT),
)


class Comments:
    """Appends and reads comments."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def append(
        self,
        *,
        proposal_id: UUID,
        answered: Comment | None,
        team_id: UUID,
        text: str,
        caller: Caller,
    ) -> Comment:
        """Append a comment, to the thread of the one that it answers; the proposal is locked."""
        comment_id = new_id()
        thread_id = comment_id if answered is None else answered.thread_id
        reply_to = None if answered is None else answered.id
        row = {
            "id": comment_id,
            "proposal_id": proposal_id,
            "thread_id": thread_id,
            "reply_to": reply_to,
            "team_id": team_id,
            "text": text,
            "caller": _CALLER.write(caller),
        }
        return Comment(
            id=comment_id,
            proposal_id=proposal_id,
            thread_id=thread_id,
            reply_to=reply_to,
            team_id=team_id,
            text=text,
            caller=caller,
            recorded_at=await self._sql.stamped(CommentRow, row, CommentRow.recorded_at),
        )

    async def get(self, comment_id: UUID) -> Comment | None:
        """Return one comment."""
        row = await self._sql.row(select(CommentRow).where(CommentRow.id == comment_id))
        return None if row is None else _comment(row)

    async def count(self, proposal_id: UUID) -> int:
        """Return how many comments a proposal has."""
        counted = select(func.count()).where(CommentRow.proposal_id == proposal_id)
        return await self._sql.one_value(counted)

    async def teams_in(self, thread_id: UUID) -> frozenset[UUID]:
        """Return the teams that have spoken in a thread."""
        statement = select(CommentRow.team_id).where(CommentRow.thread_id == thread_id)
        return frozenset(await self._sql.values(statement))

    async def heard(self, proposal_id: UUID) -> frozenset[UUID]:
        """Return the teams that have said something about a proposal, objections among it."""
        return frozenset(await self._sql.values(_HEARD, {"proposal_id": proposal_id}))

    async def all_of(self, proposal_id: UUID) -> tuple[Comment, ...]:
        """Return all of a proposal's comments, which are bounded, oldest first."""
        statement = select(CommentRow).where(CommentRow.proposal_id == proposal_id)
        rows = await self._sql.rows(statement.order_by(CommentRow.id))
        return tuple(_comment(row) for row in rows)

    async def page(self, request: PageRequest, proposal_id: UUID) -> Page[Comment]:
        """Return a proposal's comments, newest first."""
        statement = select(CommentRow).where(CommentRow.proposal_id == proposal_id)
        return await page_by_id(self._sql, "comments", statement, CommentRow.id, request, _comment)


def _comment(row: CommentRow) -> Comment:
    return Comment(
        id=row.id,
        proposal_id=row.proposal_id,
        thread_id=row.thread_id,
        reply_to=row.reply_to,
        team_id=row.team_id,
        text=row.text,
        caller=_CALLER.read(row.caller),
        recorded_at=row.recorded_at,
    )
