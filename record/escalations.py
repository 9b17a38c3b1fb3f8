"""To whom notices about a party go: a team or whom it handed its answer to, owners, a fallback."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain.parties import NoticeKind
from domain.team_policies import Fallback
from record.rounds import PartyDetail, ProposalDetail
from store.transaction import Transaction

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Teams, by what they have and by their members; with `persons` by these members alone."""

    teams: tuple[UUID, ...] = ()
    persons: tuple[UUID, ...] | None = None
    names: str = ""


async def told(
    tx: Transaction, detail: ProposalDetail, party: PartyDetail, kind: NoticeKind
) -> Told:
    """Return who is told by a notice of this kind about a party."""
    if kind is NoticeKind.ESCALATE_OWNERS:
        return of_owners(party)
    if kind is NoticeKind.ESCALATE_FALLBACK:
        return await fallback_of(tx, detail, party)
    if kind is NoticeKind.UNREACHABLE:
        return Told(teams=(detail.producer.id,), names=detail.producer.name)
    if kind is NoticeKind.ESCALATE:
        names = f"{party.team.name}, {detail.producer.name}"
        return Told(teams=(party.team.id, detail.producer.id), names=names)
    delegate = party.stored.delegate
    persons = None if delegate is None else (delegate.id,)
    return Told(
        teams=(party.team.id,),
        persons=persons,
        names=party.team.name if delegate is None else delegate.name,
    )


def of_owners(party: PartyDetail) -> Told:
    """Return the owners of the silent team, each by what they have themselves."""
    owners = party.stored.owners
    return Told(
        persons=tuple(each.id for each in owners),
        names=", ".join(each.name for each in owners) or _NOBODY,
    )


async def fallback_of(tx: Transaction, detail: ProposalDetail, party: PartyDetail) -> Told:
    """Return the team's own fallback, else the server's: the first that is still there."""
    for fallback in fallbacks(detail, party):
        if fallback.team_id is not None:
            team = await tx.teams.get(fallback.team_id)
            if team is not None:
                return Told(teams=(team.id,), names=team.name)
        elif fallback.user_id is not None:
            user = await tx.users.get(fallback.user_id)
            if user is not None and user.active:
                return Told(persons=(user.id,), names=user.name)
    return Told(persons=(), names=_NOBODY)


def fallbacks(detail: ProposalDetail, party: PartyDetail) -> Iterable[Fallback]:
    """Return the team's own fallback and the server's, as far as they are named."""
    named = (party.team.policy.fallback, detail.proposal.policy.fallback)
    return [each for each in named if each is not None]
