"""Makes an example small: whatever can be left out or made plainer, and still proves its point."""

from collections.abc import Callable, Iterator

from domain.json_values import JSON

_MOST_TRIED = 500


def shrunk(value: JSON, proves: Callable[[JSON], bool]) -> JSON:
    """`proves(value)` holds before, and of what is given back."""
    tried = 0
    found = True
    while found:
        found = False
        for smaller in _smaller(value):
            tried += 1
            if tried > _MOST_TRIED:
                return value
            if proves(smaller):
                value, found = smaller, True
                break
    return value


def _smaller(value: JSON) -> Iterator[JSON]:
    """Each is strictly simpler, so that shrinking ends."""
    if isinstance(value, dict):
        yield from _smaller_objects(value)
    elif isinstance(value, list):
        yield from _smaller_arrays(value)
    elif isinstance(value, str):
        yield from ("", value[: len(value) // 2], value[:-1]) if value else ()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _smaller_numbers(value)


def _smaller_objects(value: dict[str, JSON]) -> Iterator[JSON]:
    for name in value:
        yield {n: member for n, member in value.items() if n != name}
    for name, member in value.items():
        for smaller in _smaller(member):
            yield {**value, name: smaller}


def _smaller_arrays(value: list[JSON]) -> Iterator[JSON]:
    for index in range(len(value)):
        yield [*value[:index], *value[index + 1 :]]
    for index, member in enumerate(value):
        for smaller in _smaller(member):
            yield [*value[:index], smaller, *value[index + 1 :]]


def _smaller_numbers(value: int | float) -> Iterator[JSON]:
    if value not in (0, 1):
        yield from (0, 1)
        whole = int(abs(value))
        half = whole if whole != abs(value) else whole // 2
        yield half if value > 0 else -half
