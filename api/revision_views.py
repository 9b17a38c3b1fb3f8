"""What revising a proposal would do, as a dry run shows it."""

from collections.abc import Iterable
from uuid import UUID

from pydantic import Field

from api.contract_views import ToldView
from api.party_views import PENDING
from api.views import ChangeView, TeamRef, View
from record.revise import Foreseen
from record.rounds import PartyDetail


class ForeseenPartyView(View):
    """A party of the proposal as it would be."""

    team: TeamRef
    reason: str
    fields: list[str] = Field(description="What of its fields breaks; empty means all it reads.")
    state: str = Field(
        description="`pending`, or the answer that would count: one that was given to exactly "
        "these changes.",
        examples=["pending", "approved"],
    )

    @classmethod
    def of(cls, party: PartyDetail) -> "ForeseenPartyView":
        """Return the view of a party."""
        answer = party.acknowledgment
        return cls(
            team=TeamRef.of(party.team),
            reason=party.stored.reason,
            fields=list(party.stored.fields),
            state=PENDING if answer is None else answer.response.value,
        )


class RevisionPreviewView(View):
    """What a revision would do now; nothing is written."""

    proposal_id: UUID
    unchanged: bool = Field(description="Whether exactly that is proposed already.")
    revision: int
    version: str
    base_version: str | None
    changes: list[ChangeView] = Field(description="All of them; `gating` are those that break.")
    would_keep: list[ForeseenPartyView] = Field(description="Whose question stays the same.")
    would_ask: list[ForeseenPartyView] = Field(description="Whose question is new.")
    would_release: list[TeamRef] = Field(description="Whom nothing touches any more.")
    would_tell: list[ToldView] = Field(description="For whom something breaks without being asked.")

    @classmethod
    def of(cls, foreseen: Foreseen) -> "RevisionPreviewView":
        """Return the view of what would come of it."""
        revised, after = foreseen.revised, foreseen.revised.after
        teams, gates = foreseen.teams, after.policy.gates
        return cls(
            proposal_id=after.id,
            unchanged=revised.after is revised.before,
            revision=after.revision,
            version=after.version,
            base_version=after.base_version,
            changes=[ChangeView.of(each, gating=gates(each)) for each in after.changes],
            would_keep=_parties(foreseen, revised.kept),
            would_ask=_parties(foreseen, revised.asked),
            would_release=[TeamRef.of(teams[team_id]) for team_id in revised.released],
            would_tell=[
                ToldView(id=each.team_id, name=teams[each.team_id].name, reason=each.reason)
                for each in revised.told
            ],
        )


def _parties(foreseen: Foreseen, team_ids: Iterable[UUID]) -> list[ForeseenPartyView]:
    wanted = set(team_ids)
    return [
        ForeseenPartyView.of(party) for party in foreseen.detail.parties if party.team.id in wanted
    ]
