"""The comparison engine: generated schemas of growing size, a graph that doubles, real schemas."""

from collections.abc import Iterator
from functools import partial

from bench.measure import Figure, timed
from domain.compatibility import ContentModel, diff
from domain.json_types import JsonObject
from domain.schemas import Schema, field_tree, parse
from domain.verdicts import decide
from record.child import Child
from record.comparison import ready

SIZES = (10, 100, 1000, 5000)
# Of so many fields every tenth is changed, then every one: twice the changes, twice the time.
GROWING = (1000, 5000, 25_000)


def figures() -> list[Figure]:
    """Measure in a process of the kind that compares in the product, with its collector set so."""
    child = Child(ready)
    try:
        return child.do(_figures)
    finally:
        child.kill()


def _figures() -> list[Figure]:
    return [*_sizes(), *_growing(), *_others()]


def _sizes() -> Iterator[Figure]:
    """Yield parse, field tree and diff for each size; the diff drops one field and adds one."""
    for size in SIZES:
        old, new = _schema(size), _schema(size, dropped=size // 2, added=True)
        runs = 50 if size <= 100 else 5
        yield timed(f"parse {size} fields", partial(_parsed, old), runs)
        one, other = _parsed(old), _parsed(new)
        yield timed(f"field tree of {size}", partial(field_tree, one), runs)
        yield timed(
            f"diff {size} fields",
            partial(diff, one, other, ContentModel.CLOSED),
            runs,
        )


def _others() -> Iterator[Figure]:
    before, after = _parsed(_varied(5000)), _parsed(_varied(5000, every=10))
    yield timed("verdict on 5000 fields, a tenth changed", partial(decide, before, after), 3)
    bomb = _parsed(_bomb(30))
    wider = _parsed(_bomb(30, leaf="number"))
    yield timed(
        "diff a $ref graph of 2^30 paths",
        lambda: diff(bomb, wider, ContentModel.CLOSED),
        5,
    )


def _growing() -> Iterator[Figure]:
    for every, changed in ((10, "a tenth"), (1, "all")):
        for size in GROWING:
            before, after = _parsed(_varied(size)), _parsed(_varied(size, every=every))
            yield timed(
                f"diff {size} fields, {changed} changed",
                partial(diff, before, after, ContentModel.CLOSED),
                9 if every > 1 else 3,
            )


def _varied(size: int, every: int = 0) -> JsonObject:
    """Texts and bounded numbers; `every` so many fields one is widened, bounded or removed."""
    properties: JsonObject = {}
    for number in range(size):
        field: JsonObject = {"type": "integer", "minimum": 0, "maximum": number + 10}
        if number % 2:
            field = {"type": ["string", "null"], "description": f"number {number}"}
        if every and number % every == 0:
            steps: tuple[JsonObject, ...] = ({"type": "number"}, {"maximum": 5}, {"title": "other"})
            if number // every % 4 == 3:
                continue
            field |= steps[number // every % 4]
        properties[f"field_{number}"] = field
    return {"type": "object", "properties": properties, "required": ["field_1"]}


def _schema(size: int, dropped: int | None = None, *, added: bool = False) -> JsonObject:
    properties: JsonObject = {
        f"field_{number}": {"type": ["string", "null"], "description": f"number {number}"}
        for number in range(size)
        if number != dropped
    }
    if added:
        properties["new_field"] = {"type": "integer", "minimum": 0}
    return {"type": "object", "properties": properties, "required": ["field_0"]}


def _bomb(levels: int, leaf: str = "integer") -> JsonObject:
    definitions: JsonObject = {
        f"level_{number}": {
            "type": "object",
            "properties": {
                side: {"$ref": f"#/$defs/level_{number + 1}"} for side in ("left", "right")
            },
        }
        for number in range(levels)
    }
    definitions[f"level_{levels}"] = {"type": leaf}
    return {"$ref": "#/$defs/level_0", "$defs": definitions}


def _parsed(schema: JsonObject) -> Schema:
    return parse("json_schema", schema=schema, documents=None, root=None)
