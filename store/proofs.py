"""Everything that the record keeps of one proposal's story: read in few statements, all of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.deliveries import REFRESH, MadeAttempt
from domain.destinations import DestinationKind
from domain.events import Cursor, Event
from domain.parties import NoticeKind
from domain.proofs import ENDS, Answered, Question, Recipient, Sending, Told
from domain.retirements import Retirement
from domain.seals import Leaves, Seal
from store.acknowledgments import AcknowledgmentRow, acknowledgment_from
from store.deliveries import AttemptRow, DeliveryRow, attempt_from, delivery_from
from store.destinations import DestinationRow
from store.events import TRANSACTION_NUMBER, EventRow, event_from
from store.parties import NoticeRow, PartyRow
from store.rows import Part, among
from store.seals import CANONICAL, SEAL_COLUMNS, SealLeavesRow, seal_of
from store.sql import Sql
from store.teams import TeamRow, team_from
from store.users import UserRow

_THIS = bindparam("proposal_id", type_=Uuid)
_ANSWER = Part(AcknowledgmentRow, after=None)
_TEAM = Part(TeamRow, after=_ANSWER)
_ANSWERS = (
    select(*_ANSWER.columns, *_TEAM.columns)
    .join_from(AcknowledgmentRow, TeamRow, TeamRow.id == AcknowledgmentRow.team_id)
    .where(AcknowledgmentRow.proposal_id == _THIS)
    .order_by(AcknowledgmentRow.recorded_at, AcknowledgmentRow.id)
)
_PARTY = Part(PartyRow, after=None)
_ITS_TEAM = Part(TeamRow, after=_PARTY)
_QUESTIONS = (
    select(*_PARTY.columns, *_ITS_TEAM.columns)
    .join_from(PartyRow, TeamRow, TeamRow.id == PartyRow.team_id)
    .where(PartyRow.proposal_id == _THIS)
    .order_by(TeamRow.name, TeamRow.id)
)
_NOTICES = (
    select(NoticeRow)
    .where(NoticeRow.proposal_id == _THIS)
    .order_by(NoticeRow.noted_at, NoticeRow.created_at, NoticeRow.ordinal)
)
_LINE: ColumnElement[str] = literal_column(CANONICAL)
_LOGGED = (
    select(EventRow, TRANSACTION_NUMBER, _LINE.label("line"))
    .where(EventRow.proposal_id == _THIS)
    .order_by(EventRow.transaction, EventRow.sequence)
)
_OF_END = and_(
    EventRow.asset_id == bindparam("asset_id", type_=Uuid),
    EventRow.type.in_(sorted(ENDS)),
    EventRow.payload["contract_id"].astext == bindparam("contract_id", type_=Text),
)
_LOGGED_WITH_END = (
    select(EventRow, TRANSACTION_NUMBER, _LINE.label("line"))
    .where(or_(EventRow.proposal_id == _THIS, _OF_END))
    .order_by(EventRow.transaction, EventRow.sequence)
)
_SEALS = text(
    f"SELECT {SEAL_COLUMNS} FROM seals WHERE number IN (SELECT (SELECT s.number FROM seals s"
    " WHERE (s.end_transaction, s.end_sequence) > (CAST(e.number AS xid8), e.sequence)"
    " ORDER BY s.end_transaction, s.end_sequence LIMIT 1)"
    " FROM unnest(:transactions, :sequences) AS e(number, sequence)) ORDER BY number"
).bindparams(
    bindparam("transactions", type_=ARRAY(Text)), bindparam("sequences", type_=ARRAY(BigInteger))
)
_LEAVES = select(SealLeavesRow).where(
    SealLeavesRow.seal == any_(bindparam("numbers", type_=ARRAY(BigInteger)))
)
_SENT = Part(DeliveryRow, after=None)
_SENDINGS = (
    select(
        *_SENT.columns,
        DestinationRow.kind,
        DestinationRow.name,
        DestinationRow.team_id,
        DestinationRow.user_id,
        func.coalesce(TeamRow.name, UserRow.name).label("owner"),
    )
    .join_from(DeliveryRow, DestinationRow, DestinationRow.id == DeliveryRow.destination_id)
    .outerjoin(TeamRow, TeamRow.id == DestinationRow.team_id)
    .outerjoin(UserRow, UserRow.id == DestinationRow.user_id)
    .where(among(DeliveryRow.event_id), DeliveryRow.ordinal != REFRESH)
    .order_by(DeliveryRow.id)
)
_ATTEMPTS = (
    select(AttemptRow)
    .where(among(AttemptRow.delivery_id))
    .order_by(AttemptRow.delivery_id, AttemptRow.number)
)


class Proofs:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def questions(self, proposal_id: UUID) -> tuple[Question, ...]:
        """Return what each team was asked last, by the teams' names; released ones too."""
        rows = await self._sql.execute(_QUESTIONS, {"proposal_id": proposal_id})
        return tuple(_question(row) for row in rows)

    async def told(self, proposal_id: UUID) -> Mapping[UUID, Sequence[Told]]:
        """Return what each team was told of all its questions, the oldest first."""
        told: dict[UUID, list[Told]] = defaultdict(list)
        for row in await self._sql.rows(_NOTICES, {"proposal_id": proposal_id}):
            told[row.team_id].append(
                Told(
                    kind=NoticeKind(row.kind),
                    revision=row.revision,
                    ordinal=row.ordinal,
                    at=row.noted_at,
                    arrived_at=row.delivered_at,
                    event_id=row.event_id,
                )
            )
        return told

    async def answers(self, proposal_id: UUID) -> tuple[Answered, ...]:
        """Return every answer, the oldest first."""
        rows = await self._sql.execute(_ANSWERS, {"proposal_id": proposal_id})
        return tuple(
            Answered(
                acknowledgment=acknowledgment_from(_ANSWER.of(row)),
                superseded_at=_ANSWER.of(row).superseded_at,
                team=team_from(_TEAM.of(row)),
            )
            for row in rows
        )

    async def logged(
        self, proposal_id: UUID, end: Retirement | None
    ) -> tuple[tuple[Event, str], ...]:
        """Return the events in the order of the log, each with the text that is hashed of it.

        Those of the proposal, and of the end of the version that it has replaced.
        """
        wanted: dict[str, object] = {"proposal_id": proposal_id}
        if end is not None:
            wanted |= {"asset_id": end.asset_id, "contract_id": str(end.contract_id)}
        rows = await self._sql.execute(_LOGGED if end is None else _LOGGED_WITH_END, wanted)
        return tuple((event_from(row), row.line) for row in rows)

    async def seals(self, places: Iterable[Cursor]) -> tuple[Seal, ...]:
        """Return the seals that cover these places, in their order; some may not be sealed yet."""
        wanted = list(places)
        rows = await self._sql.execute(
            _SEALS,
            {
                "transactions": [str(each.transaction) for each in wanted],
                "sequences": [each.sequence for each in wanted],
            },
        )
        return tuple(seal_of(row) for row in rows)

    async def leaves(self, numbers: Iterable[int]) -> Mapping[int, Leaves]:
        """Return the hashes of the events of these seals, of those that have them still."""
        rows = await self._sql.rows(_LEAVES, {"numbers": list(numbers)})
        return {row.seal: Leaves(sequences=row.sequences, hashes=row.hashes) for row in rows}

    async def sendings(self, event_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[Sending]]:
        """Return where these events were sent, and every attempt.

        What only brings a message up to date that stood there already is no sending.
        """
        rows = (await self._sql.execute(_SENDINGS, {"ids": list(event_ids)})).all()
        deliveries = [delivery_from(_SENT.of(row)) for row in rows]
        attempts = await self._attempts({each.carried_by or each.id for each in deliveries})
        found: dict[UUID, list[Sending]] = defaultdict(list)
        for row, delivery in zip(rows, deliveries, strict=True):
            made = attempts.get(delivery.carried_by or delivery.id, ())
            sending = Sending(delivery=delivery, to=_recipient(row), attempts=tuple(made))
            found[delivery.event_id].append(sending)
        return found

    async def _attempts(self, delivery_ids: Iterable[UUID]) -> Mapping[UUID, list[MadeAttempt]]:
        attempts: dict[UUID, list[MadeAttempt]] = defaultdict(list)
        for row in await self._sql.rows(_ATTEMPTS, {"ids": list(delivery_ids)}):
            attempts[row.delivery_id].append(attempt_from(row))
        return attempts


def _question(row: Any) -> Question:  # the columns of `_QUESTIONS`
    party = _PARTY.of(row)
    return Question(
        team=team_from(_ITS_TEAM.of(row)),
        revision=party.revision,
        reason=party.reason,
        fields=tuple(party.fields),
        changes_hash=party.changes_hash,
        released_at=party.released_at,
    )


def _recipient(row: Any) -> Recipient:  # the columns of `_SENDINGS`
    kind, name, team_id, user_id, owner = row[_SENT.end :]
    return Recipient(
        id=_SENT.of(row).destination_id,
        kind=DestinationKind(kind),
        name=name,
        team_id=team_id,
        user_id=user_id,
        owner=owner,
    )
