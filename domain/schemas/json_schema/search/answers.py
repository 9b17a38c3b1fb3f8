"""What a search comes to: a value, certainty that there is none, or neither."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from domain.json_values import JSON


@dataclass(frozen=True, slots=True)
class Found:
    value: JSON


class Missing(Enum):
    NOTHING = "nothing"
    UNKNOWN = "unknown"


NOTHING, UNKNOWN = Missing.NOTHING, Missing.UNKNOWN
Answer: TypeAlias = Found | Missing


def weaker(one: Answer, other: Answer) -> Answer:
    """Of two ways that both failed: nothing is there only if both are sure."""
    return NOTHING if one is NOTHING and other is NOTHING else UNKNOWN
