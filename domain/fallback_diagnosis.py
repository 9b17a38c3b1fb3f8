"""Whether the last to hear of silence can hear of it, judged."""

from collections.abc import Sequence

from domain.amounts import counted
from domain.health import Check, FallbackSeen, Finding, ok, warning
from domain.json_types import JsonObject

NAMED = 3


def of_fallbacks(seen: Sequence[FallbackSeen]) -> Finding:
    """Judge whether each escalation that comes last would reach somebody."""
    bad = [each for each in seen if each.in_trouble]
    if not seen:
        return ok(Check.FALLBACKS, "nobody is named to hear of silence at last")
    if not bad:
        return ok(Check.FALLBACKS, f"{counted(len(seen), 'fallback')}: somebody hears of it")
    said = "; ".join(_said(each) for each in bad[:NAMED])
    more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return warning(
        Check.FALLBACKS,
        f"{said}{more}",
        "Name another one with `tessera team policy TEAM --fallback`, the server's by "
        "TESSERA_ESCALATION_FALLBACK, or give them a destination.",
        [_item(each) for each in bad],
    )


def _said(seen: FallbackSeen) -> str:
    whose = "the server's fallback" if seen.whose is None else f"the fallback of {seen.whose}"
    why = "cannot be reached by anything" if seen.there else "is not there any more"
    return f"{whose}, {seen.named}, {why}"


def _item(seen: FallbackSeen) -> JsonObject:
    return {
        "team": seen.whose,
        "fallback": seen.named,
        "there": seen.there,
        "reached": seen.reached,
    }
