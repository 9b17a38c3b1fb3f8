"""What a contract guarantees, in few words: beside each field, and of the whole."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from domain.guarantees import Guarantees
from domain.json_values import canonical_text, listed, shown


def of_fields(guarantees: Guarantees) -> Mapping[str, Sequence[str]]:
    """Return what is guaranteed of each field, by its path."""
    found: dict[str, list[str]] = defaultdict(list)
    for column in guarantees.never_null:
        found[column].append("never null")
    for first, *others in guarantees.unique:
        together = f" with {', '.join(others)}" if others else ""
        found[first].append(f"unique{together}")
    for column, values in guarantees.accepted_values.items():
        found[column].append(f"one of {listed({canonical_text(value): value for value in values})}")
    if (fresh := guarantees.freshness) is not None and fresh.column is not None:
        found[fresh.column].append(f"the newest no older than {fresh.max_age}")
    return found


def of_the_whole(guarantees: Guarantees) -> Sequence[str]:
    """Return what is guaranteed of all the data together."""
    found = []
    fresh, volume = guarantees.freshness, guarantees.volume
    if fresh is not None and fresh.column is None:
        found.append(f"no older than {fresh.max_age}")
    if volume is not None and volume.min_rows is not None:
        found.append(f"at least {volume.min_rows:,} rows")
    if volume is not None and volume.max_rows is not None:
        found.append(f"at most {volume.max_rows:,} rows")
    for promise in guarantees.custom:
        name = promise.get("name")
        named = f" {shown(name)}" if isinstance(name, str) else ""
        found.append(f"by the {promise['type']} check{named}")
    return found
