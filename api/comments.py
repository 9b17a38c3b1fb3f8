"""Comments: what those who are involved say about a proposal."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, TeamRef, View
from domain.comments import TEXT_LIMIT, Comment
from domain.permissions import Action
from domain.teams import Team
from record import comments, lookup
from record.comments import NewComment
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(
    prefix="/proposals/{proposal_id}/comments", tags=["proposals"], route_class=TesseraRoute
)


class CommentBody(Body):
    """What is said, and for which team."""

    team_id: UUID
    text: str = Field(description=f"At most {TEXT_LIMIT} characters.")
    reply_to: UUID | None = Field(None, description="The comment that it answers.")


class CommentView(View):
    """One comment; it is never changed."""

    id: UUID
    proposal_id: UUID
    thread_id: UUID = Field(description="The comment that its thread began with.")
    reply_to: UUID | None
    team: TeamRef
    text: str
    by: str
    at: datetime

    @classmethod
    def of(cls, comment: Comment, team: Team) -> "CommentView":
        """Return the view of a comment."""
        return cls(
            id=comment.id,
            proposal_id=comment.proposal_id,
            thread_id=comment.thread_id,
            reply_to=comment.reply_to,
            team=TeamRef.of(team),
            text=comment.text,
            by=comment.caller.actor.name,
            at=comment.recorded_at,
        )


@router.get("", summary="List a proposal's comments")
async def list_comments(
    call: Annotated[Call, Depends(May(Action.READ, "comments"))], page: Paging, proposal_id: UUID
) -> PageView[CommentView]:
    """Newest first; they stay when the proposal has ended."""

    async def work(tx: Transaction) -> PageView[CommentView]:
        await lookup.proposal(tx, proposal_id)
        found = await tx.comments.page(page, proposal_id)
        teams = await tx.teams.by_id({each.team_id for each in found.items})
        return PageView[CommentView].of(
            found, lambda each: CommentView.of(each, teams[each.team_id])
        )

    return await call.resources.database.read(work)


@router.post("", status_code=201, response_model=CommentView, summary="Comment on a proposal")
async def create_comment(
    call: Annotated[Call, Depends(May(Action.COMMENT, "comments"))],
    key: Key,
    proposal_id: UUID,
    body: CommentBody,
) -> Response:
    """For teams that own the asset, read it, were asked, or own what is made of it.

    It decides nothing. The producer and the others in the thread are told; a new thread is told to
    every party.
    """
    new = NewComment(team_id=body.team_id, text=body.text, reply_to=body.reply_to)

    async def effect(runner: Runner) -> Comment:
        return await comments.comment(runner, call.caller, proposal_id, new)

    async def render(tx: Transaction, made: Comment) -> Answer:
        view = CommentView.of(made, await lookup.team(tx, made.team_id))
        return Answer(status=201, body=view.model_dump_json())

    return (await answered(call, key, effect, render)).response()
