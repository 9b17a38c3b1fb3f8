"""What random people around a proposal will do: drawn beforehand, from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tessera_sdk.models import Team


class Habit(StrEnum):
    """What a reader does."""

    READY = "ready"
    BLOCKS = "blocks"
    NEEDS_TIME = "needs time"
    CHANGES_MIND = "changes mind"
    SILENT = "silent"
    LEAVES = "leaves"
    COMMENTS = "comments first"


class Mood(StrEnum):
    """What the producer does."""

    PATIENT = "patient"
    WITHDRAWS = "withdraws"
    FORCES = "has it forced"
    REWORDS = "publishes new words meanwhile"
    ADDS = "publishes an addition meanwhile"
    ADDS_AND_CONFIRMS = "publishes an addition meanwhile, and confirms"
    REVISES = "proposes something else"
    TAKES_BACK = "proposes what breaks nothing"
    CANCELLED = "has it cancelled"
    GIVES_TIME = "gives more time and asks again"
    FORCES_BY_TWO = "has it forced by two"


class Leaving(StrEnum):
    """What a reader says about the end of the old version."""

    MOVES = "moves"
    NEEDS_LONGER = "needs longer"
    SILENT = "silent"


class Fate(StrEnum):
    """What becomes of a release besides what becomes of its proposals."""

    PATIENT = "patient"
    CANCELLED = "cancelled"
    ONE_TAKEN_OUT = "one is taken out"


HABITS = {
    Habit.READY: 8,
    Habit.BLOCKS: 1,
    Habit.NEEDS_TIME: 2,
    Habit.CHANGES_MIND: 2,
    Habit.SILENT: 2,
    Habit.LEAVES: 1,
    Habit.COMMENTS: 2,
}
MOODS = {
    Mood.PATIENT: 6,
    Mood.WITHDRAWS: 1,
    Mood.FORCES: 1,
    Mood.REWORDS: 1,
    Mood.ADDS: 1,
    Mood.ADDS_AND_CONFIRMS: 1,
    Mood.REVISES: 3,
    Mood.TAKES_BACK: 1,
    Mood.CANCELLED: 1,
    Mood.GIVES_TIME: 2,
    Mood.FORCES_BY_TWO: 1,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One proposal; times are fractions of its deadline."""

    readers: tuple[tuple[Team, Habit, float], ...]
    mood: Mood
    mood_at: float
    newcomer: tuple[Team, float] | None
    on_deadline: str
    on_demand: bool
    publishes: bool
    publish_at: float | None
    leavings: tuple[Leaving, ...]
    """Of the readers, if the version that it replaces gets an end."""
    keeps_old: bool
    """Whether the producer takes that end back."""

    @classmethod
    def drawn(cls, dice: random.Random, teams: Sequence[Team]) -> "Plan":
        *first, last = dice.sample(list(teams), dice.randint(1, 4))
        habits = dice.choices(list(HABITS), list(HABITS.values()), k=len(first))
        return cls(
            readers=tuple(
                (team, habit, dice.uniform(0, 0.5))
                for team, habit in zip(first, habits, strict=True)
            ),
            mood=dice.choices(list(MOODS), list(MOODS.values()))[0],
            mood_at=dice.uniform(0, 0.5),
            newcomer=(last, dice.uniform(0, 0.5)) if dice.random() < 0.2 else None,
            on_deadline=dice.choice(["expire", "approve", "escalate"]),
            on_demand=dice.random() < 0.3,
            publishes=dice.random() < 0.7,
            publish_at=dice.uniform(0.5, 1.2) if dice.random() < 0.15 else None,
            leavings=tuple(dice.choices(list(Leaving), k=len(first)))
            if dice.random() < 0.5
            else (),
            keeps_old=dice.random() < 0.2,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Proposals that are made at once: one alone, or those of a release."""

    plans: tuple[Plan, ...]
    fate: Fate | None
    fate_at: float

    @classmethod
    def drawn(cls, dice: random.Random, plans: Sequence[Plan]) -> "list[Group]":
        """Put these plans into groups, most of them alone; so is what nobody is asked about."""
        left = [plan for plan in plans if plan.readers]
        groups = [cls((plan,), None, 0) for plan in plans if not plan.readers]
        while left:
            size = min(len(left), dice.choices([1, 2, 3], [6, 1, 1])[0])
            fate = dice.choices(list(Fate), [4, 1, 1])[0] if size > 1 else None
            groups.append(cls(tuple(left[:size]), fate, dice.uniform(0, 0.5)))
            del left[:size]
        return groups
