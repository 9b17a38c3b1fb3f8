"""Comments on a proposal by those who are involved in it: kept with it, deciding nothing."""

from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.comments import MOST_COMMENTS, TEXT_LIMIT, Comment
from domain.errors import InvalidRequest, NotInvolved
from domain.events import EventType, NewEvent
from domain.permissions import Action
from domain.teams import Team
from record import dependencies, events, lookup, rounds
from record.rounds import ProposalDetail
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """What somebody says for a team; `reply_to` is the comment that it answers."""

    team_id: UUID
    text: str
    reply_to: UUID | None = None


async def comment(runner: Runner, caller: Caller, proposal_id: UUID, new: NewComment) -> Comment:
    """Append a comment, also to a proposal that has ended.

    Raises `NotInvolved` for a team that neither owns the asset nor reads it, was never asked, and
    owns nothing that is made of it.
    """
    text = new.text.strip()
    _check(text)

    async def work(tx: Transaction) -> Comment:
        await tx.proposals.lock(proposal_id)
        detail = await rounds.load_one(tx, proposal_id)
        by = permitted(caller, Action.COMMENT, Resource(noun="comments", team_id=new.team_id))
        team = await lookup.team(tx, new.team_id)
        if team.id not in await involved(tx, detail):
            raise NotInvolved(f"{team.name} has nothing to do with {detail.asset.fqn}.")
        answered = await _answered(tx, proposal_id, new.reply_to)
        if await tx.comments.count(proposal_id) >= MOST_COMMENTS:
            raise InvalidRequest.of("text", f"A proposal has at most {MOST_COMMENTS} comments.")
        thread = frozenset() if answered is None else await tx.comments.teams_in(answered.thread_id)
        made = await tx.comments.append(
            proposal_id=proposal_id, answered=answered, team_id=team.id, text=text, caller=by
        )
        await events.append(tx, _told(by, detail, team, made, thread))
        return made

    return await runner.run(work)


def _check(text: str) -> None:
    if not text:
        raise InvalidRequest.of("text", "A comment says something.")
    if len(text) > TEXT_LIMIT:
        raise InvalidRequest.of("text", f"A comment has at most {TEXT_LIMIT} characters.")


async def involved(tx: Transaction, detail: ProposalDetail) -> frozenset[UUID]:
    """Return who may comment: the producer, and whoever was asked, reads it, or is downstream."""
    proposal, asset = detail.proposal, detail.asset
    return frozenset(
        {
            proposal.producer_team_id,
            asset.owner_team_id,
            *await tx.parties.ever(proposal.id),
            *(each.consumer_team_id for each in await tx.registrations.of_asset(asset.id)),
            *await dependencies.affected(tx, asset),
        }
    )


async def _answered(tx: Transaction, proposal_id: UUID, reply_to: UUID | None) -> Comment | None:
    if reply_to is None:
        return None
    found = await tx.comments.get(reply_to)
    if found is None or found.proposal_id != proposal_id:
        raise InvalidRequest.of("reply_to", "This proposal has no such comment.")
    return found


def _told(
    caller: Caller, detail: ProposalDetail, team: Team, made: Comment, thread: frozenset[UUID]
) -> NewEvent:
    """Tell the producer and the thread; a new thread is for every party."""
    proposal = detail.proposal
    others = thread if made.reply_to else {party.team.id for party in detail.parties}
    return NewEvent(
        type=EventType.COMMENTED,
        caller=caller,
        summary=f"{team.name} comments on {detail.asset.fqn} {proposal.version}: {made.text[:200]}",
        asset_id=detail.asset.id,
        proposal_id=proposal.id,
        team_id=team.id,
        payload={
            "comment_id": str(made.id),
            "thread_id": str(made.thread_id),
            "reply_to": None if made.reply_to is None else str(made.reply_to),
            "text": made.text,
            "before": None,
            "after": {"text": made.text},
        },
        audience=tuple(sorted({proposal.producer_team_id, *others} - {team.id})),
        notifies=True,
    )
