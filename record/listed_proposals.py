"""Proposals as lines of a list, those that are open with whom they wait for and until when."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.listed_proposals import ListedProposal
from domain.overview import OpenQuestions
from domain.proposals import ProposalStatus
from store.transaction import Transaction


async def read(
    tx: Transaction, proposal_ids: Iterable[UUID], now: datetime
) -> Sequence[ListedProposal]:
    """Return these proposals in their order; in as many statements, however many they are."""
    found = await tx.listed_proposals.of(proposal_ids)
    asking = [each.id for each in found if each.status is ProposalStatus.PENDING]
    if not asking:
        return found
    asked = await tx.overview.questions(asking)
    return [_waiting(each, asked, now) for each in found]


def _waiting(listed: ListedProposal, asked: OpenQuestions, now: datetime) -> ListedProposal:
    """The teams stand in the order of their ids, as they do among a proposal's parties."""
    questions = asked.of.get(listed.id, ())
    due = [asked.due_at(listed.id, each, now) for each in questions]
    team_ids = sorted(team_id for each in questions for team_id in each.team_ids)
    return replace(
        listed,
        pending=tuple(asked.names[team_id] for team_id in team_ids),
        deadline_at=max((at for at in due if at is not None), default=None),
    )
