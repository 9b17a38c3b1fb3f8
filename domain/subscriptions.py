"""What a subscription may say: patterns that can match something, and not too many of them."""

from collections.abc import Sequence

from domain.destinations import Subscription, matches
from domain.errors import InvalidRequest
from domain.event_kinds import SENT

PATTERNS_LIMIT = 50
"""So many patterns of events, and so many of assets, has a subscription at most."""
PATTERN_LIMIT = 300
"""Characters of one pattern."""


def checked_subscription(subscription: Subscription) -> Subscription:
    """Return the subscription, or raise `InvalidRequest` that names what cannot be meant."""
    _check_all("events", subscription.events)
    _check_all("assets", subscription.assets)
    for index, pattern in enumerate(subscription.events):
        if not any(matches(type_.value, (pattern,)) for type_ in SENT):
            raise InvalidRequest(
                f"`{pattern}` matches no kind of event that is sent; `GET /api/v1/event-types` "
                "lists them.",
                errors=[
                    {
                        "path": f"subscription.events[{index}]",
                        "message": "matches no kind of event that is sent",
                    }
                ],
            )
    return subscription


def _check_all(name: str, patterns: Sequence[str]) -> None:
    path = f"subscription.{name}"
    if len(patterns) > PATTERNS_LIMIT:
        raise InvalidRequest(
            f"A subscription has at most {PATTERNS_LIMIT} patterns of {name}.",
            errors=[{"path": path, "message": "too many patterns"}],
        )
    for index, pattern in enumerate(patterns):
        if not 1 <= len(pattern) <= PATTERN_LIMIT:
            raise InvalidRequest(
                f"A pattern has 1 to {PATTERN_LIMIT} characters.",
                errors=[{"path": f"{path}[{index}]", "message": "too short or too long"}],
            )
