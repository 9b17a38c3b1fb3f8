"""Data-quality promises that a contract carries beside its schema.

The shape on the wire, every part optional::

    {
      "nullability": {"email": "never"},
      "unique": ["order_id", ["year", "number"]],
      "accepted_values": {"status": ["paid", "open"]},
      "freshness": {"max_age": "24h", "column": "updated_at"},
      "volume": {"min_rows": 1, "max_rows": 1000000},
      "custom": [{"type": "sql", "name": "no_orphans", "sql": "select …"}]
    }

A member of `unique` is a column, or a list of columns that are unique together. `freshness` may be
the duration alone, such as `15m`, `24h` or `7d`. A custom guarantee needs a `type` and keeps all
its other keys. Columns are paths of the field tree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.changes import Change, ChangeKind
from domain.fields import Field
from domain.guarantee_checks import (
    a_duration,
    a_list,
    a_row_count,
    an_object,
    below,
    only_known,
    refuse,
    told,
)
from domain.json_values import JSON, canonical_text, listed, shown

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest row is never older than `max_age`, by `column` if one is named."""

    max_age: str
    column: str | None = None

    @property
    def seconds(self) -> int:
        return _seconds(self.max_age)


@dataclass(frozen=True, slots=True)
class Volume:
    min_rows: int | None = None
    max_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Made by `parse` from what was sent, and by `from_wire` from what the store kept."""

    never_null: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    accepted_values: Mapping[str, tuple[JSON, ...]] = field(default_factory=dict)
    freshness: Freshness | None = None
    volume: Volume | None = None
    custom: tuple[Mapping[str, JSON], ...] = ()

    @classmethod
    def parse(cls, document: object, fields: Iterable[Field] | None) -> "Guarantees":
        """Raises InvalidGuarantees with `path`. Without `fields`, columns are not looked up."""
        if document is None:
            return cls()
        columns = None if fields is None else frozenset(field.path for field in fields)
        return _Reader(columns).guarantees(document)

    @classmethod
    def from_wire(cls, wire: object) -> "Guarantees":
        return cls.parse(wire, None)

    def to_wire(self) -> dict[str, JSON]:
        """Only what is promised: no guarantee at all is `{}`."""
        wire: dict[str, JSON] = {}
        if self.never_null:
            wire["nullability"] = dict.fromkeys(self.never_null, "never")
        if self.unique:
            wire["unique"] = [key[0] if len(key) == 1 else [*key] for key in self.unique]
        if self.accepted_values:
            wire["accepted_values"] = {c: [*v] for c, v in self.accepted_values.items()}
        if self.freshness is not None:
            wire["freshness"] = _present(
                {"max_age": self.freshness.max_age, "column": self.freshness.column}
            )
        if self.volume is not None:
            wire["volume"] = _present(
                {"min_rows": self.volume.min_rows, "max_rows": self.volume.max_rows}
            )
        if self.custom:
            wire["custom"] = [dict(promise) for promise in self.custom]
        return wire


def _present(members: Mapping[str, JSON]) -> JSON:
    return {name: value for name, value in members.items() if value is not None}


# --- reading ------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, columns: frozenset[str] | None) -> None:
        self._columns = columns

    def guarantees(self, document: object) -> Guarantees:
        members = an_object(document, "")
        only_known(
            members, ("nullability", "unique", "accepted_values", "freshness", "volume", "custom")
        )
        return Guarantees(
            never_null=self._nullability(members.get("nullability")),
            unique=self._unique(members.get("unique")),
            accepted_values=self._accepted(members.get("accepted_values")),
            freshness=self._freshness(members.get("freshness")),
            volume=_volume(members.get("volume")),
            custom=_custom(members.get("custom")),
        )

    def _column(self, name: object, path: str) -> str:
        if not isinstance(name, str):
            refuse(path, f"must name a column, not be {told(name)}")
        if self._columns is not None and name not in self._columns:
            refuse(path, f"names `{name}`, which is not a field of the schema")
        return name

    def _nullability(self, value: object) -> tuple[str, ...]:
        columns = []
        for name, rule in an_object(value, "/nullability").items():
            path = below("/nullability", name)
            columns.append(self._column(name, path))
            if rule != "never":
                refuse(path, f'must be "never", not {told(rule)}')
        return tuple(sorted(columns))

    def _unique(self, value: object) -> tuple[tuple[str, ...], ...]:
        keys = []
        for index, member in enumerate(a_list(value, "/unique")):
            path = f"/unique/{index}"
            names = member if isinstance(member, list) else [member]
            if not names:
                refuse(path, "must name at least one column")
            keys.append(tuple(self._column(name, path) for name in names))
        return tuple(dict.fromkeys(keys))

    def _accepted(self, value: object) -> dict[str, tuple[JSON, ...]]:
        accepted = {}
        for name, values in an_object(value, "/accepted_values").items():
            path = below("/accepted_values", name)
            members = a_list(values, path)
            if not members:
                refuse(path, "must list at least one value")
            accepted[self._column(name, path)] = tuple(members)
        return accepted

    def _freshness(self, value: object) -> Freshness | None:
        if value is None:
            return None
        if isinstance(value, str):
            return Freshness(a_duration(value, "/freshness"))
        members = an_object(value, "/freshness")
        only_known(members, ("max_age", "column"), "/freshness")
        column = members.get("column")
        return Freshness(
            a_duration(members.get("max_age"), "/freshness/max_age"),
            None if column is None else self._column(column, "/freshness/column"),
        )


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def _volume(value: object) -> Volume | None:
    if value is None:
        return None
    members = an_object(value, "/volume")
    only_known(members, ("min_rows", "max_rows"), "/volume")
    least = a_row_count(members.get("min_rows"), "/volume/min_rows")
    most = a_row_count(members.get("max_rows"), "/volume/max_rows")
    if least is None and most is None:
        refuse("/volume", "must say `min_rows`, `max_rows` or both")
    if least is not None and most is not None and least > most:
        refuse("/volume", f"promises at least {least} and at most {most} rows")
    return Volume(least, most)


def _custom(value: object) -> tuple[dict[str, JSON], ...]:
    promises = []
    for index, member in enumerate(a_list(value, "/custom")):
        path = f"/custom/{index}"
        promise = an_object(member, path, needed=True)
        for name in ("type", "name"):
            named = promise.get(name)
            if (name == "type" or name in promise) and not (isinstance(named, str) and named):
                refuse(f"{path}/{name}", "must be a text that is not empty")
        promises.append(promise)
    return tuple(promises)


# --- comparing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Promise:
    """One guarantee as it is compared. `admits`: what it lets through, where that has an order."""

    path: str
    words: str
    value: JSON
    admits: frozenset[str] | int | None = None

    def is_weaker_than(self, was: "_Promise") -> bool:
        """What cannot be ordered is told as weaker: readers rather hear too much."""
        if isinstance(self.admits, int) and isinstance(was.admits, int):
            return self.admits > was.admits
        if isinstance(self.admits, frozenset) and isinstance(was.admits, frozenset):
            return not self.admits <= was.admits
        return True


_Promises = dict[tuple[str, str], _Promise]


def compare_guarantees(old: Guarantees, new: Guarantees) -> tuple[Change, ...]:
    """What became of each promise. A weaker promise is told to the readers, and gates nothing."""
    before, after = _promises(old), _promises(new)
    changes = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is None and now is not None:
            kind, phrase = ChangeKind.GUARANTEE_ADDED, f"is now guaranteed {now.words}"
        elif now is None and was is not None:
            kind, phrase = ChangeKind.GUARANTEE_REMOVED, f"is no longer guaranteed {was.words}"
        elif was is None or now is None or canonical_text(was.value) == canonical_text(now.value):
            continue
        else:
            kind = ChangeKind.GUARANTEE_STRENGTHENED
            if now.is_weaker_than(was):
                kind = ChangeKind.GUARANTEE_WEAKENED
            phrase = f"is now guaranteed {now.words} (was {was.words})"
        changes.append(_change(kind, phrase, was, now))
    return tuple(changes)


def _change(kind: ChangeKind, phrase: str, was: _Promise | None, now: _Promise | None) -> Change:
    path = next(promise.path for promise in (now, was) if promise is not None)
    return Change(
        kind,
        path,
        was.value if was else None,
        now.value if now else None,
        breaks_backward=False,
        breaks_forward=False,
        undecided=False,
        sentence=f"{f'`{path}`' if path else 'The data'} {phrase}.",
    )


def _promises(guarantees: Guarantees) -> _Promises:
    promises: _Promises = {}
    for column in guarantees.never_null:
        promises["nullability", column] = _Promise(column, "never to be null", "never")
    for key in guarantees.unique:
        words = "to be unique" + "".join(f", with `{column}`" for column in key[1:])
        promises["unique", canonical_text([*key])] = _Promise(key[0], words, [*key])
    for column, values in guarantees.accepted_values.items():
        keyed = {canonical_text(value): value for value in values}
        promises["accepted_values", column] = _Promise(
            column, f"to be one of {listed(keyed)}", [*values], frozenset(keyed)
        )
    promises.update(_promises_of_the_whole(guarantees))
    for promise in guarantees.custom:
        name = str(promise.get("name", canonical_text(dict(promise))))
        kind = str(promise["type"])
        words = f"by the {kind} check {shown(name)}"
        promises["custom", f"{kind} {name}"] = _Promise("", words, dict(promise))
    return promises


def _promises_of_the_whole(guarantees: Guarantees) -> _Promises:
    promises: _Promises = {}
    fresh, volume = guarantees.freshness, guarantees.volume
    if fresh is not None:
        words = f"to be no older than {fresh.max_age}"
        promises["freshness", ""] = _Promise(
            fresh.column or "", words, guarantees.to_wire()["freshness"], fresh.seconds
        )
    if volume is not None and volume.min_rows is not None:
        least = volume.min_rows
        promises["volume", "min"] = _Promise("", f"to have at least {least} rows", least, -least)
    if volume is not None and volume.max_rows is not None:
        most = volume.max_rows
        promises["volume", "max"] = _Promise("", f"to have at most {most} rows", most, most)
    return promises
