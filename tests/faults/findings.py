"""What a run of faults found: how often each law was looked at, and every breach of it."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Law(StrEnum):
    """The laws of `docs/design/faults.md`, in its order."""

    KEPT = "what was accepted is in record and log, once"
    ONCE = "nothing is published twice"
    NOBODY_PASSED = "nothing is published past who is asked, or blocks"
    COUNTED = "what was said before the decision counts in it"
    ENDED = "every proposal ends, once, and nothing is left waiting"
    DELIVERED = "every event arrives once; twice if its sender was killed"
    ALONE = "what was killed leaves nothing running"
    TOGETHER = "every release ends, published whole or not at all"
    RETIRED = "every end of a version comes once, past nobody's date"
    LATEST = "what is settled is what was proposed last"
    SAME = "every decision in the log comes out the same once more"
    TOLD_RIGHT = "what is kept beside a question is what its facts say"
    ANSWERED = "who asks is answered in the end, and never with 500"


@dataclass
class Findings:
    """What was counted, and every breach of a law."""

    looked_at: Counter[Law] = field(default_factory=Counter)
    broken: list[tuple[Law, str]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)
    retirements: Counter[str] = field(default_factory=Counter)
    events: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    copies: Counter[int] = field(default_factory=Counter)
    """How many deliveries came so many times."""

    def check(self, law: Law, holds: bool, breach: str) -> None:
        self.looked_at[law] += 1
        if not holds:
            self.broken.append((law, breach))

    def count_broken(self, law: Law) -> int:
        return sum(each is law for each, _ in self.broken)
