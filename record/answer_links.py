"""Answering by a link: what it asks as it is now, and the answer of whom it is for."""

from dataclasses import dataclass
from datetime import datetime

from domain.acknowledgments import Acknowledgment
from domain.actors import Actor, ActorKind, Origin
from domain.answer_links import AnswerLink
from domain.api_keys import Scope
from domain.authorization import Principal, Requester, Resource, Role, authorize
from domain.errors import Forbidden, LinkUsed, NotAParty, ProposalEnded, QuestionChanged
from domain.permissions import Action
from domain.proposals import touched_by
from domain.users import User
from record import acknowledgments, rounds
from record.acknowledgments import NewAnswer
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question of a link, for the page that it leads to."""

    user: User
    detail: ProposalDetail
    party: PartyDetail
    breaking: tuple[str, ...]
    latest_until: datetime | None
    """The furthest date that the party may ask for."""


async def asked(runner: Runner, link: AnswerLink) -> Asked:
    """Return what a link asks, if its user may answer it still; changes nothing.

    Raises `LinkUsed` when it has expired, `Forbidden` when the user is gone or of the team no more,
    `ProposalEnded`, and `QuestionChanged` or `NotAParty` when it asks something else by now.
    """

    async def work(tx: Transaction) -> Asked:
        await _check_age(tx, link)
        requester, user = await _requester(tx, link, None)
        authorize(requester.principal, Action.ACKNOWLEDGE, _resource(link))
        detail = await rounds.load_one(tx, link.proposal_id)
        party = _party(detail, link)
        acknowledgments.check_may_answer(requester, party)
        registrations = await tx.registrations.of_teams(detail.asset.id, [link.team_id])
        touched = touched_by(detail.proposal.gating, registrations)
        return Asked(
            user=user,
            detail=detail,
            party=party,
            breaking=tuple(change.sentence for each in touched for change in each.changes),
            latest_until=detail.round.latest_until(party.party),
        )

    return await runner.run(work)


async def answer(
    runner: Runner, link: AnswerLink, answer: NewAnswer, request_id: str | None
) -> Acknowledgment:
    """Record the answer of a link's user to exactly the question that was shown.

    Who may is asked in the same transaction. Raises as `asked` and `acknowledge` do.
    """

    async def work(tx: Transaction) -> Acknowledgment:
        await _check_age(tx, link)
        requester, _ = await _requester(tx, link, request_id)
        return await acknowledgments.acknowledged(tx, requester, link.proposal_id, answer)

    return await runner.run(work)


async def _check_age(tx: Transaction, link: AnswerLink) -> None:
    if await tx.now() >= link.expires_at:
        raise LinkUsed("This link has expired. Sign in and answer on the page.")


async def _requester(
    tx: Transaction, link: AnswerLink, request_id: str | None
) -> tuple[Requester, User]:
    """Return whose link it is, as they are now: with what their teams allow, and no more."""
    user = await tx.users.get(link.user_id)
    if user is None or not user.active:
        raise Forbidden("The user of this link is deactivated.", action=Action.ACKNOWLEDGE.value)
    actor = Actor(kind=ActorKind.PERSON, name=user.name, id=user.id)
    members = await tx.members.of_user(user.id)
    principal = Principal(
        actor=actor,
        role=Role.USER,  # an administrator too: a link is worth no more than a membership
        scope=Scope.WRITE,
        teams={each.team_id: each.role for each in members},
        user_id=user.id,
    )
    requester = Requester(
        actor=actor, origin=Origin.EMAIL, request_id=request_id, principal=principal
    )
    return requester, user


def _resource(link: AnswerLink) -> Resource:
    return Resource(noun="proposals", team_id=link.team_id)


def _party(detail: ProposalDetail, link: AnswerLink) -> PartyDetail:
    proposal = detail.proposal
    if not proposal.status.is_open:
        raise ProposalEnded(
            f"This proposal has ended: it is {proposal.status.value}.",
            proposal_status=proposal.status.value,
            cause=None if proposal.cause is None else proposal.cause.value,
        )
    party = next((each for each in detail.parties if each.team.id == link.team_id), None)
    if party is None:
        raise NotAParty("Your team is not asked any more.")
    if (party.stored.revision, party.stored.changes_hash) != (link.revision, link.changes_hash):
        raise QuestionChanged(
            "The proposal was revised since, and asks your team something else now. A newer mail "
            "has a newer link."
        )
    return party
