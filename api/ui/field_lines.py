"""The fields of a contract as lines of a table: how deep, what is promised, who reads it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.ui import promises
from domain.contracts import Contract
from domain.fields import Field, join_path, split_path
from store.registrations import Consumers

MOST = 1000
"""So many fields stand on a page at most; the rest are found by a part of their path."""
AT_ONCE = 80
"""So many stand open; the others are folded away, by hundreds."""
IN_A_FOLD = 100
ANCHORED = 12
"""From so many on a table has a way to find a field in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field. `above` and `name` make up its path."""

    field: Field
    depth: int
    above: str
    name: str
    promises: Sequence[str]
    readers: Sequence[str]
    """The teams that registered for it, or for something above it, by name."""

    @property
    def anchor(self) -> str:
        """Return what the line is called within its page."""
        return f"field-{self.field.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """The fields of one contract, as far as they are asked for."""

    all: int
    found: int
    wanted: str
    open: Sequence[FieldLine]
    folds: Sequence[Sequence[FieldLine]]
    of_the_whole: Sequence[str]
    """What is guaranteed of all the data together."""
    readers_of_all: Sequence[str]
    """The teams that registered for every field, by name."""
    has_promises: bool
    """Whether something is guaranteed of a single field, a shown one or not."""
    has_readers: bool
    """Whether somebody registered for single fields."""

    @property
    def lines(self) -> Sequence[FieldLine]:
        """All that are shown, open and folded."""
        return [*self.open, *(line for fold in self.folds for line in fold)]

    @property
    def shown(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    @property
    def has_finder(self) -> bool:
        """Whether it is long enough to look for a field in it."""
        return self.all >= ANCHORED


def field_table(contract: Contract, consumers: Consumers | None, wanted: str = "") -> FieldTable:
    """Return the table; with `wanted`, of those fields whose path or description holds it."""
    text = wanted.strip().casefold()
    fields = [each for each in contract.fields if _holds(each, text)] if text else contract.fields
    promised = promises.of_fields(contract.content.guarantees)
    readers = _readers(consumers)
    lines = [_line(each, promised, readers) for each in fields[:MOST]]
    rest = lines[AT_ONCE:]
    return FieldTable(
        all=len(contract.fields),
        found=len(fields),
        wanted=wanted.strip(),
        open=lines[:AT_ONCE],
        folds=[rest[at : at + IN_A_FOLD] for at in range(0, len(rest), IN_A_FOLD)],
        of_the_whole=promises.of_the_whole(contract.content.guarantees),
        readers_of_all=readers.get("", ()),
        has_promises=bool(promised),
        has_readers=any(readers),
    )


def _holds(field: Field, text: str) -> bool:
    return text in field.path.casefold() or text in (field.description or "").casefold()


def _readers(consumers: Consumers | None) -> Mapping[str, Sequence[str]]:
    """Return the names of those who read each registered path; the empty one is everything."""
    found: dict[str, list[str]] = defaultdict(list)
    if consumers is None:
        return found
    for each in consumers.registrations:
        name = consumers.teams[each.consumer_team_id].name
        for path in ("",) if each.fields is None else each.fields:
            found[path].append(name)
    return {path: sorted(names, key=str.casefold) for path, names in found.items()}


def _line(
    field: Field,
    promised: Mapping[str, Sequence[str]],
    readers: Mapping[str, Sequence[str]],
) -> FieldLine:
    steps = split_path(field.path)
    name = steps[-1] if steps else ""
    return FieldLine(
        field=field,
        depth=min(max(len(steps) - 1, 0), 5),
        above=field.path.removesuffix(name),
        name=name,
        promises=promised.get(field.path, ()),
        readers=_united(
            readers.get(join_path(steps[:end]), ()) for end in range(1, len(steps) + 1)
        ),
    )


def _united(names: Iterable[Sequence[str]]) -> Sequence[str]:
    return sorted({name for each in names for name in each}, key=str.casefold)
