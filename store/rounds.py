"""Everything that belongs to proposals, read in two statements however many there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.acknowledgments import Acknowledgment
from domain.assets import Asset
from domain.members import WORKING, TeamRole
from domain.parties import Notice, NoticeKind, Person
from domain.proposals import Proposal
from domain.teams import Team
from domain.working_days import WorkCalendar
from store.acknowledgments import AcknowledgmentRow, acknowledgment_from
from store.assets import AssetRow, asset_from
from store.fixed import fixed
from store.members import MemberRow
from store.parties import NoticeRow, PartyRow, StoredParty, earlier_from
from store.proposal_rows import proposal_from
from store.proposals import ProposalRow
from store.rows import OuterPart, Part, among, table_of, written_out
from store.sql import Sql
from store.teams import TeamRow, team_from
from store.users import UserRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    """A party with its team and its answer to the present question, if it gave one."""

    team: Team
    party: StoredParty
    acknowledgment: Acknowledgment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRound:
    """A proposal with its asset, its producer and its parties in order of team id."""

    proposal: Proposal
    asset: Asset
    producer: Team
    members: tuple[StoredMember, ...]
    read_at: datetime
    """Postgres' time."""


_PROPOSAL = Part(ProposalRow, after=None)
_ASSET = Part(AssetRow, after=_PROPOSAL)
_PRODUCER = Part(TeamRow, after=_ASSET)
_HEAD = (
    select(*_PROPOSAL.columns, *_ASSET.columns, *_PRODUCER.columns, func.clock_timestamp())
    .join_from(ProposalRow, AssetRow, AssetRow.id == ProposalRow.asset_id)
    .join(TeamRow, TeamRow.id == ProposalRow.producer_team_id)
)
_READ_AT = _PRODUCER.end
_HEADS = fixed(_HEAD.where(among(ProposalRow.id)))

_GIVEN_ANSWER = table_of(AcknowledgmentRow).c
_ASKED_PARTY = table_of(PartyRow).c
ANSWER = (
    select(*_GIVEN_ANSWER)
    .where(
        _GIVEN_ANSWER.proposal_id == _ASKED_PARTY.proposal_id,
        _GIVEN_ANSWER.team_id == _ASKED_PARTY.team_id,
        _GIVEN_ANSWER.changes_hash == _ASKED_PARTY.changes_hash,
        _GIVEN_ANSWER.superseded_at.is_(None),
    )
    .order_by(_GIVEN_ANSWER.recorded_at.desc(), _GIVEN_ANSWER.id.desc())
    .limit(1)
    .lateral("answer")
)
"""Of the tables: asked for its columns, a statement of entities has all of them mapped at once."""
_NOTICES = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(
                    NoticeRow.kind, NoticeRow.ordinal, NoticeRow.noted_at, NoticeRow.delivered_at
                ),
                NoticeRow.noted_at,
                NoticeRow.ordinal,
            )
        )
    )
    .where(
        and_(
            NoticeRow.proposal_id == PartyRow.proposal_id,
            NoticeRow.team_id == PartyRow.team_id,
            NoticeRow.revision == PartyRow.revision,
        )
    )
    .correlate(PartyRow)
    .scalar_subquery()
)
"""Of the present question, oldest first."""
_OWNERS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(func.jsonb_build_array(UserRow.id, UserRow.name), UserRow.id)
        )
    )
    .join_from(MemberRow, UserRow, UserRow.id == MemberRow.user_id)
    .where(
        MemberRow.team_id == PartyRow.team_id,
        MemberRow.role == TeamRole.OWNER.value,
        UserRow.deactivated_at.is_(None),
    )
    .correlate(PartyRow)
    .scalar_subquery()
)
_DELEGATE = (
    select(func.jsonb_build_array(UserRow.id, UserRow.name))
    .join_from(MemberRow, UserRow, UserRow.id == MemberRow.user_id)
    .where(
        MemberRow.team_id == PartyRow.team_id,
        MemberRow.user_id == PartyRow.delegate_id,
        MemberRow.role.in_(written_out(sorted(WORKING))),
        UserRow.deactivated_at.is_(None),
    )
    .correlate(PartyRow)
    .scalar_subquery()
)
"""Who has left the team, or works for it no more, has nothing handed to them."""
_PARTY = Part(PartyRow, after=None)
_TEAM = Part(TeamRow, after=_PARTY)
_GIVEN = OuterPart(AcknowledgmentRow, after=_TEAM)
MEMBERS = (
    select(*_PARTY.columns, *_TEAM.columns, *ANSWER.c, _NOTICES, _OWNERS, _DELEGATE)
    .join_from(PartyRow, TeamRow, TeamRow.id == PartyRow.team_id)
    .outerjoin(ANSWER, true())
    .where(PartyRow.released_at.is_(None))
    .order_by(PartyRow.proposal_id, PartyRow.team_id)
)
_MEMBERS = fixed(MEMBERS.where(among(PartyRow.proposal_id)))
_ID, _TEAM_ID = bindparam("proposal_id", type_=Uuid), bindparam("team_id", type_=Uuid)
_MEMBER = MEMBERS.where(PartyRow.proposal_id == _ID, PartyRow.team_id == _TEAM_ID).subquery(
    "member"
)
_WITH_ONE = fixed(
    _HEAD.add_columns(*_MEMBER.c).outerjoin(_MEMBER, true()).where(ProposalRow.id == _ID)
)
"""A proposal with one of its parties, or none, in one row."""


class Rounds:
    """Reads only; the nouns themselves are written by their own repositories."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def heads(self, proposal_ids: Iterable[UUID]) -> Mapping[UUID, StoredRound]:
        """Return these proposals with asset and producer, without anybody who is asked."""
        heads = await self._sql.execute(_HEADS, {"ids": list(set(proposal_ids))})
        return {round_.proposal.id: round_ for round_ in (_round(row, {}) for row in heads)}

    async def of(self, proposal_ids: Iterable[UUID]) -> Mapping[UUID, StoredRound]:
        """Return the round of each of these proposals that there is."""
        wanted = list(set(proposal_ids))
        if not wanted:
            return {}
        heads = await self._sql.execute(_HEADS, {"ids": wanted})
        members: dict[UUID, list[StoredMember]] = defaultdict(list)
        for row in await self._sql.execute(_MEMBERS, {"ids": wanted}):
            member = member_from(row)
            members[member.party.proposal_id].append(member)
        return {round_.proposal.id: round_ for round_ in (_round(row, members) for row in heads)}

    async def with_one(self, proposal_id: UUID, team_id: UUID) -> StoredRound | None:
        """Return a proposal with this party alone, or with nobody if the team is none."""
        given = {"proposal_id": proposal_id, "team_id": team_id}
        row = (await self._sql.execute(_WITH_ONE, given)).one_or_none()
        if row is None:
            return None
        member = row[_READ_AT + 1 :]
        asked = () if member[0] is None else (member_from(member),)
        return _round(row, {proposal_id: asked})


def _round(row: Sequence[Any], members: Mapping[UUID, Sequence[StoredMember]]) -> StoredRound:
    proposal = proposal_from(_PROPOSAL.of(row))
    return StoredRound(
        proposal=proposal,
        asset=asset_from(_ASSET.of(row)),
        producer=team_from(_PRODUCER.of(row)),
        members=tuple(members.get(proposal.id, ())),
        read_at=row[_READ_AT],
    )


def member_from(row: Sequence[Any]) -> StoredMember:
    """Return a party from a row that begins as those of `MEMBERS`."""
    party, given = _PARTY.of(row), _GIVEN.found(row)
    return StoredMember(
        team=team_from(_TEAM.of(row)),
        party=StoredParty(
            proposal_id=party.proposal_id,
            team_id=party.team_id,
            revision=party.revision,
            reason=party.reason,
            fields=tuple(party.fields),
            changes_hash=party.changes_hash,
            earlier=earlier_from(party.earlier),
            notices=tuple(_notice(*each) for each in row[_GIVEN.end] or ()),
            calendar=None if party.calendar is None else WorkCalendar.from_wire(party.calendar),
            owners=tuple(_person(each) for each in row[_GIVEN.end + 1] or ()),
            delegate=None if row[_GIVEN.end + 2] is None else _person(row[_GIVEN.end + 2]),
        ),
        acknowledgment=None if given is None else acknowledgment_from(given),
    )


def _person(found: Sequence[str]) -> Person:
    user_id, name = found
    return Person(id=UUID(user_id), name=name)


def _notice(kind: str, ordinal: int, noted_at: str, delivered_at: str | None) -> Notice:
    return Notice(
        kind=NoticeKind(kind),
        ordinal=ordinal,
        noted_at=datetime.fromisoformat(noted_at),
        delivered_at=None if delivered_at is None else datetime.fromisoformat(delivered_at),
    )
