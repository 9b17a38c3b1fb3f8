"""Who receives an event: destinations of its audience's teams, of their members, of the server."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Text, any_, bindparam, false, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from domain.destinations import Candidate, Channels, DestinationKind, Pace, Routed, route
from domain.events import NewEvent
from domain.members import WORKING
from store.assets import AssetRow
from store.destinations import SERVER, DestinationRow, subscription_from
from store.fixed import fixed
from store.members import MemberRow
from store.rows import among, written_out
from store.sql import Sql
from store.users import UserRow

_TOLD_IN_PERSON = sorted(role.value for role in WORKING)
"""Who may answer; who only looks on reads the page."""

_WORKING = (
    DestinationRow.removed_at.is_(None),
    DestinationRow.disabled_at.is_(None),
    DestinationRow.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
)
_SHOWN = (
    DestinationRow.id,
    DestinationRow.kind,
    DestinationRow.pace,
    DestinationRow.subscription,
)
_OF_TEAMS = fixed(
    select(*_SHOWN, DestinationRow.team_id.label("team"), false().label("in_person")).where(
        DestinationRow.owner == any_(bindparam("owners", type_=ARRAY(Text))), *_WORKING
    )
)
_OF_MEMBERS = (
    select(*_SHOWN, MemberRow.team_id.label("team"), true().label("in_person"))
    .join_from(MemberRow, UserRow, UserRow.id == MemberRow.user_id)
    .join(DestinationRow, DestinationRow.user_id == UserRow.id)
    .where(
        among(MemberRow.team_id, "teams"),
        MemberRow.role.in_(written_out(_TOLD_IN_PERSON)),
        UserRow.deactivated_at.is_(None),
        *_WORKING,
    )
)
_OF_PERSONS = fixed(
    select(*_SHOWN, UserRow.id.label("person"))
    .join_from(UserRow, DestinationRow, DestinationRow.user_id == UserRow.id)
    .where(among(UserRow.id, "persons"), UserRow.deactivated_at.is_(None), *_WORKING)
)
_OF_BOTH: CompoundSelect[Any] = fixed(union_all(_OF_TEAMS, _OF_MEMBERS))
_FQNS = fixed(select(AssetRow.id, AssetRow.fqn).where(among(AssetRow.id)))


_ONE = fixed(
    select(DestinationRow.id, DestinationRow.kind).where(among(DestinationRow.id), *_WORKING)
)


class Audiences:
    """Finds the destinations of events."""

    def __init__(self, sql: Sql, channels: Channels) -> None:
        self._sql = sql
        self._channels = channels

    async def of(self, events: Mapping[UUID, NewEvent]) -> dict[UUID, tuple[Routed, ...]]:
        """Return for each event who receives it, in the order in which destinations were made."""
        alone = {event_id: event.only_to for event_id, event in events.items() if event.only_to}
        others = {event_id: event for event_id, event in events.items() if event_id not in alone}
        return {**await self._routed(others), **await self._alone(alone)}

    async def _alone(self, events: Mapping[UUID, UUID]) -> dict[UUID, tuple[Routed, ...]]:
        """Route what is for one destination, whatever that one wants, in a message of its own."""
        if not events:
            return {}
        kinds = [kind.value for kind in self._channels.kinds]
        given = {"ids": list(set(events.values())), "kinds": kinds}
        rows = (await self._sql.execute(_ONE, given)).all()
        found = {id_: (Routed(id_, DestinationKind(kind), urgent=True),) for id_, kind in rows}
        return {event_id: found.get(to, ()) for event_id, to in events.items()}

    async def _routed(self, events: Mapping[UUID, NewEvent]) -> dict[UUID, tuple[Routed, ...]]:
        if not events:
            return {}
        audience = {team_id for event in events.values() for team_id in event.audience}
        candidates = await self._candidates(audience)
        personal = await self._of_persons(events.values())
        everybody = [*candidates, *(each for those in personal.values() for each in those)]
        names = await self._names(events.values(), everybody)
        return {
            event_id: route(
                event.type,
                None if event.asset_id is None else names.get(event.asset_id),
                _reached(event, candidates, personal),
                urgent=event.urgent,
            )
            for event_id, event in events.items()
        }

    async def _candidates(self, teams: Iterable[UUID]) -> Sequence[Candidate]:
        """Return every working destination of these teams, of their members, and of the server."""
        kinds, teams = self._channels.kinds, list(teams)
        in_person = self._channels.reach_people
        given = {
            "owners": [SERVER, *map(str, teams)],
            "kinds": [kind.value for kind in kinds],
            **({"teams": teams} if in_person else {}),
        }
        found: dict[UUID, Candidate] = {}
        rows = await self._sql.execute(_OF_BOTH if in_person else _OF_TEAMS, given)
        for id_, kind, pace, subscription, team, personal in rows:
            there = found.get(id_)
            if there is not None:
                found[id_] = replace(there, teams=there.teams | {team})
                continue
            found[id_] = Candidate(
                id=id_,
                kind=DestinationKind(kind),
                pace=Pace(pace),
                subscription=subscription_from(subscription),
                teams=frozenset() if team is None else frozenset({team}),
                in_person=personal,
            )
        return sorted(found.values(), key=lambda each: each.id)

    async def _of_persons(self, events: Iterable[NewEvent]) -> Mapping[UUID, Sequence[Candidate]]:
        """Return the working destinations of those whom an event is for by name."""
        persons = {user_id for event in events for user_id in event.persons or ()}
        if not persons or not self._channels.reach_people:
            return {}
        kinds = [kind.value for kind in self._channels.kinds]
        rows = await self._sql.execute(_OF_PERSONS, {"persons": list(persons), "kinds": kinds})
        found: dict[UUID, list[Candidate]] = defaultdict(list)
        for id_, kind, pace, subscription, person in rows:
            candidate = Candidate(
                id=id_,
                kind=DestinationKind(kind),
                pace=Pace(pace),
                subscription=subscription_from(subscription),
                teams=frozenset(),
                in_person=True,
                by_name=True,
            )
            found[person].append(candidate)
        return found

    async def _names(
        self, events: Iterable[NewEvent], candidates: Sequence[Candidate]
    ) -> Mapping[UUID, str]:
        """Return the FQNs that a subscription asks for: most ask for none."""
        if not any(each.subscription.assets for each in candidates):
            return {}
        ids = list({event.asset_id for event in events if event.asset_id is not None})
        rows = (await self._sql.execute(_FQNS, {"ids": ids})).all()
        return {row.id: row.fqn for row in rows}


def _reached(
    event: NewEvent, candidates: Sequence[Candidate], personal: Mapping[UUID, Sequence[Candidate]]
) -> Sequence[Candidate]:
    """Return the candidates of this event's audience, by the teams of it alone.

    Where it is for persons by name, no other members of the audience are told in person.
    """
    audience = frozenset(event.audience)
    reached = [
        each if not each.teams else replace(each, teams=each.teams & audience)
        for each in candidates
        if not each.teams or (each.teams & audience and not (each.in_person and event.persons))
    ]
    named = [each for person in event.persons or () for each in personal.get(person, ())]
    return sorted([*reached, *named], key=lambda each: each.id)
