"""Ways to tamper with the log as whoever owns its tables, each of which has to be found."""

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import asyncpg

from domain.seals import Leaves, with_hash
from store.log_reader import LogReader


class Tampering:
    """Changes one thing, and knows how the first bad place has to be called."""

    def __init__(self, owner: asyncpg.Connection, chance: random.Random) -> None:
        self._owner = owner
        self._chance = chance
        self.sequences: list[int] = []
        self.seals: list[int] = []
        self.kept: list[int] = []
        """The seals that still have their events."""
        self.mark: int | None = None
        """The event that tells of a pruning."""
        self.done: dict[str, int] = {}

    async def load(self) -> None:
        rows = await self._owner.fetch("SELECT sequence FROM events ORDER BY transaction, sequence")
        self.sequences = [row[0] for row in rows]
        seals = await self._owner.fetch("SELECT number FROM seals ORDER BY number")
        self.seals = [row[0] for row in seals]
        kept = await self._owner.fetch("SELECT seal FROM seal_leaves ORDER BY seal")
        self.kept = [row[0] for row in kept]
        self.mark = await self._owner.fetchval(
            "SELECT sequence FROM events WHERE type = 'log.pruned'"
        )

    def _events(self, *sequences: int) -> set[int]:
        """These events; without the one that tells of a pruning, its seals have lost theirs."""
        return {*sequences} | ({-1} if self.mark in sequences else set())

    def _seal(self, seal: int) -> set[int]:
        """This seal; whatever is done to a pruned one, what tells of the pruning is not so."""
        return {-seal} if seal in self.kept else {-each for each in {*self.seals} - {*self.kept}}

    async def tamper(self) -> tuple[str, set[int]]:
        """Do one; return what it was, and the numbers of which the first bad one is one."""
        what = self._chance.choice(sorted(self.WAYS))
        self.done[what] = self.done.get(what, 0) + 1
        return what, await self.WAYS[what](self)

    async def _change(self) -> set[int]:
        column, value = self._chance.choice(CHANGES)
        sequence = self._chance.choice(self.sequences)
        changed = await self._owner.execute(
            f'UPDATE events SET "{column}" = {value} WHERE sequence = $1', sequence
        )
        assert changed == "UPDATE 1"
        return self._events(sequence)

    async def _move(self) -> set[int]:
        """To an earlier or a later transaction, whole seals away or next door."""
        sequence, other = self._chance.sample(self.sequences, 2)
        await self._owner.execute(
            "UPDATE events SET transaction = coalesce($3::text::xid8, nullif((SELECT transaction"
            " FROM events WHERE sequence = $2), transaction), '7')"
            " WHERE sequence = $1",
            *(sequence, other, self._chance.choice((None, "0", "900000", str(2**64 - 1)))),
        )
        return self._events(sequence)

    async def _renumber(self) -> set[int]:
        sequence = self._chance.choice(self.sequences)
        new = self._chance.choice((-7, 10**9, 2**63 - 1))
        await self._owner.execute(
            "UPDATE events SET sequence = $2 WHERE sequence = $1", sequence, new
        )
        return self._events(sequence, new)

    async def _delete(self) -> set[int]:
        sequence = self._chance.choice(self.sequences)
        await self._owner.execute("DELETE FROM events WHERE sequence = $1", sequence)
        return self._events(sequence)

    async def _insert(self) -> set[int]:
        """Something that never happened, among what did."""
        beside = self._chance.choice(self.sequences[:-1])
        new = self._chance.choice((-1, 0, 10**6))
        await self._owner.execute(
            "INSERT INTO events SELECT gen_random_uuid(), transaction, $2::bigint, type, caller,"
            " summary, asset_id, proposal_id, team_id, payload, at FROM events WHERE sequence = $1",
            *(beside, new if beside in self.sequences[:-3] else -1),
        )
        return {new, -1}

    async def _swap(self) -> set[int]:
        one, other = sorted(self._chance.sample(range(len(self.sequences)), 2))
        columns = self._chance.choice(("summary", "payload", "id", "payload, summary"))
        names = columns.split(", ")
        await self._owner.execute(
            f"UPDATE events e SET {', '.join(f'{n} = o.{n}' for n in names)} FROM events o"
            " WHERE (e.sequence, o.sequence) IN (($1, $2), ($2, $1))"
            if columns != "id"
            else "UPDATE events SET id = gen_random_uuid() WHERE sequence IN ($1, $2)",
            *(self.sequences[one], self.sequences[other]),
        )
        touched = self._events(self.sequences[one], self.sequences[other])
        return touched - {self.sequences[other]}

    async def _swap_places(self) -> set[int]:
        one, other = sorted(self._chance.sample(range(len(self.sequences)), 2))
        numbers = self.sequences[one], self.sequences[other]
        await self._owner.execute("UPDATE events SET sequence = -9 WHERE sequence = $1", numbers[0])
        for before, after in ((numbers[1], numbers[0]), (-9, numbers[1])):
            await self._owner.execute(
                "UPDATE events SET sequence = $2 WHERE sequence = $1", before, after
            )
        return self._events(*numbers)

    async def _change_seal(self) -> set[int]:
        column, value = self._chance.choice(sorted(SEAL_CHANGES.items()))
        seal = self._chance.choice(self.seals if column in OF_SEALS else self.kept)
        table, key = ("seals", "number") if column in OF_SEALS else ("seal_leaves", "seal")
        changed = await self._owner.execute(
            f"UPDATE {table} SET {column} = {value} WHERE {key} = $1", seal
        )
        assert changed == "UPDATE 1"
        return self._seal(seal)

    async def _delete_seal(self) -> set[int]:
        seal = self._chance.choice(self.seals)
        await self._owner.execute("DELETE FROM seal_leaves WHERE seal = $1", seal)
        if seal not in self.kept or self._chance.random() < 0.8:
            await self._owner.execute("DELETE FROM seals WHERE number = $1", seal)
            return self._seal(seal) | ({0} if seal == self.seals[-1] else set())
        return {-seal}

    async def _make_anew(self) -> set[int]:
        """What somebody does who knows how: change an event and seal everything after it again."""
        changed = await self._change()
        await reseal(self._owner)
        return {0} | (changed & {-1})

    async def _cut_the_tail(self) -> set[int]:
        """The newest seals with their events: nothing in the database shows that they were."""
        first = self._chance.choice(self.kept)
        await self._owner.execute(
            "DELETE FROM events USING seals WHERE number = $1 AND (transaction, events.sequence)"
            " >= (start_transaction, start_sequence)",
            first,
        )
        await self._owner.execute("DELETE FROM seal_leaves WHERE seal >= $1", first)
        await self._owner.execute("DELETE FROM seals WHERE number >= $1", first)
        return {0} if self.mark is None else {0, -1}

    async def _hashes_elsewhere(self) -> set[int]:
        """One seal's hashes at another, or at each other's."""
        one, other = sorted(self._chance.sample(self.kept, 2))
        both = self._chance.random() < 0.5
        await self._owner.execute(
            "UPDATE seal_leaves l SET sequences = o.sequences, hashes = o.hashes"
            " FROM seal_leaves o WHERE (l.seal, o.seal) IN (($1, $2), ($3, $4))",
            *(one, other, other if both else one, one if both else other),
        )
        return {-one}

    async def _take_away(self) -> set[int]:
        """What no row lacks, once the column may be NULL."""
        if self._chance.random() < 0.6:
            sequence = self._chance.choice(self.sequences)
            column = self._chance.choice(NEVER_NULL)
            if column == "sequence":
                await self._owner.execute("ALTER TABLE events ALTER sequence DROP IDENTITY")
            await self._owner.execute(f"ALTER TABLE events ALTER {column} DROP NOT NULL")
            await self._owner.execute(
                f"UPDATE events SET {column} = NULL WHERE sequence = $1", sequence
            )
            return self._events(sequence)
        column = self._chance.choice(sorted({*SEAL_CHANGES} - {"number"}))
        seal = self._chance.choice(self.seals if column in OF_SEALS else self.kept)
        table, key = ("seals", "number") if column in OF_SEALS else ("seal_leaves", "seal")
        await self._owner.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
        await self._owner.execute(f"UPDATE {table} SET {column} = NULL WHERE {key} = $1", seal)
        return self._seal(seal)

    async def _shadow(self) -> set[int]:
        """A nearer function of the same name writes what was there before."""
        sequence = self._chance.choice(self.sequences)
        column, kind, new = self._chance.choice(SHADOWED)
        create = await self._owner.fetchval(
            "SELECT format('CREATE FUNCTION public.to_json(%1$s) RETURNS json LANGUAGE sql AS"
            " $f$ SELECT pg_catalog.to_json(CASE WHEN $1 = %2$L THEN %3$L::%1$s ELSE $1 END) $f$',"
            f" $2::text, $3::text, {column}) FROM events WHERE sequence = $1",
            *(sequence, kind, new),
        )
        await self._owner.execute(create)
        await self._owner.execute(
            f"UPDATE events SET {column} = $2::text::{kind} WHERE sequence = $1", sequence, new
        )
        return self._events(sequence)

    async def _tell_of_a_pruning(self) -> set[int]:
        """Take the oldest seals' events away, and tell of it what is not so."""
        first = self.kept[0]
        through = self._chance.choice(self.kept[:-1])
        seal_hash, before, events = await self._owner.fetchrow(
            "SELECT encode(hash, 'hex'), encode(previous, 'hex'), (SELECT sum(events)::bigint FROM"
            " seals WHERE number BETWEEN $1 AND $2) FROM seals WHERE number = $2",
            *(first, through),
        )
        told = {"from_seal": first, "through_seal": through, "events": events}
        lies: tuple[dict[str, object], ...] = (
            {"seal_hash": before},
            {"seal_hash": None},
            {"events": events + 1},
            {"events": -events},
            {"from_seal": through + 1},
            {"through_seal": 999_999},
            {"through_seal": "all"},
            {"through_seal": [through]},
        )
        payload = {**told, "seal_hash": seal_hash, **self._chance.choice(lies)}
        await self._owner.execute(
            "DELETE FROM events USING seals WHERE number = $1 AND (transaction, events.sequence)"
            " < (end_transaction, end_sequence)",
            through,
        )
        await self._owner.execute("DELETE FROM seal_leaves WHERE seal <= $1", through)
        await self._owner.execute(
            "INSERT INTO events (id, type, caller, summary, payload) SELECT gen_random_uuid(),"
            " 'log.pruned', caller, 'as it should be', $1 FROM events LIMIT 1",
            json.dumps(payload),
        )
        return {-first, -1}

    WAYS: Mapping[str, Callable[["Tampering"], Awaitable[set[int]]]] = {
        "change": _change,
        "change of place": _move,
        "change of number": _renumber,
        "deletion": _delete,
        "insertion": _insert,
        "swap of content": _swap,
        "swap of places": _swap_places,
        "change of a seal": _change_seal,
        "deletion of a seal": _delete_seal,
        "everything made anew": _make_anew,
        "tail cut off": _cut_the_tail,
        "hashes of another seal": _hashes_elsewhere,
        "NULL": _take_away,
        "shadowed function": _shadow,
        "false word of a pruning": _tell_of_a_pruning,
    }
    """0 stands among what a way returns when it can be found only with a head that was kept."""


NEVER_NULL = ("type", "caller", "summary", "payload", "at", "transaction", "sequence")
SHADOWED = (
    ("summary", "text", "never"),
    ("type", "text", "team.deleted"),
    ("id", "uuid", "00000000-0000-0000-0000-000000000001"),
)


CHANGES = (
    ("id", "gen_random_uuid()"),
    ("type", "type || ' '"),
    ("caller", "jsonb_set(caller, '{actor,name}', '\"nobody\"')"),
    ("caller", "'null'"),
    ("summary", "summary || '\u200b'"),
    ("summary", "''"),
    ("asset_id", "gen_random_uuid()"),
    ("proposal_id", "'00000000-0000-0000-0000-000000000000'"),
    ("team_id", "CASE WHEN team_id IS NULL THEN gen_random_uuid() END"),
    ("payload", "payload || '{\"n\": 1.0}'"),
    ("payload", "payload - 'n' - 'events'"),
    ("payload", "'[]'"),
    ("at", "at + interval '1 microsecond'"),
    ("at", "'infinity'"),
    ("at", "'0044-03-15 BC'"),
)
OF_SEALS = {
    "form": "form + 1",
    "start_transaction": "(start_transaction::text::bigint + 1)::text::xid8",
    "start_sequence": "start_sequence + 1",
    "end_transaction": "(end_transaction::text::bigint + 1)::text::xid8",
    "end_sequence": "end_sequence + 1",
    "events": "events - 1",
    "root": "set_byte(root, 31, get_byte(root, 31) # 1)",
    "numbers_digest": "set_byte(numbers_digest, 0, get_byte(numbers_digest, 0) # 128)",
    "previous": "set_byte(previous, 3, get_byte(previous, 3) # 4)",
    "hash": "set_byte(hash, 7, get_byte(hash, 7) # 1)",
    "at": "at - interval '1 microsecond'",
    "number": "number + 1000",
}
SEAL_CHANGES = OF_SEALS | {
    "sequences": "set_byte(sequences, 7, get_byte(sequences, 7) # 1)",
    "hashes": "hashes || hashes",
}


async def reseal(owner: asyncpg.Connection) -> None:
    """Write the chain anew over the events as they are now."""
    before = None
    async for part in LogReader(owner).parts():
        if part.seal is None:
            continue
        if part.leaves is None:
            before = part.seal
            continue
        leaves = Leaves.of(part.lines)
        before = with_hash(
            replace(
                part.seal,
                root=leaves.root(),
                numbers_digest=leaves.digest(),
                previous=part.seal.previous if before is None else before.hash,
            )
        )
        await owner.execute(
            "UPDATE seals SET root = $2, numbers_digest = $3, previous = $4, hash = $5"
            " WHERE number = $1",
            *(before.number, before.root, before.numbers_digest, before.previous, before.hash),
        )
        await owner.execute(
            "UPDATE seal_leaves SET sequences = $2, hashes = $3 WHERE seal = $1",
            *(before.number, leaves.sequences, leaves.hashes),
        )
