"""What an event says of a change of facts."""

from domain.json_types import JsonObject


def changed(was: JsonObject | None, now: JsonObject) -> JsonObject:
    """Return `before` and `after`: of the same members those that differ; of what is new, all."""
    if was is None:
        return {"before": None, "after": now}
    different = [name for name in now if now[name] != was[name]]
    return {
        "before": {name: was[name] for name in different},
        "after": {name: now[name] for name in different},
    }
