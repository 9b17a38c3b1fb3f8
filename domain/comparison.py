"""Two schemas compared outside of any asset: what changes, whom it breaks, and what proves it.

What `tessera diff` prints and `POST /api/v1/compare` answers with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.budget import Budget
from domain.changes import Change, group_of
from domain.compatibility import ContentModel, Mode, diff
from domain.json_values import JSON
from domain.schemas.schema import Schema
from domain.suggestions import Suggestion, suggest
from domain.verdicts import Verdict, decide
from domain.witness import MOST_WITNESSES, Witness, witnesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How two schemas are compared. `mode` only says which breaks gate."""

    mode: Mode = Mode.BACKWARD
    content_model: ContentModel = ContentModel.CLOSED
    with_witnesses: bool = False
    with_suggestions: bool = False

    @property
    def wants_any(self) -> bool:
        """Whether anything has to be searched for."""
        return self.with_witnesses or self.with_suggestions


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about changes besides themselves, by their place among them."""

    witnesses: Mapping[int, Witness] = field(default_factory=dict)
    suggestions: Mapping[int, Suggestion] = field(default_factory=dict)

    def to_wire(self, place: int) -> dict[str, JSON]:
        """The members that stand beside a change."""
        witness, suggestion = self.witnesses.get(place), self.suggestions.get(place)
        return {
            "witness": None if witness is None else witness.to_wire(),
            "suggestion": None if suggestion is None else suggestion.to_wire(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The changes in a stable order; `verdict` is the language's own, which knows no policy."""

    question: Question
    changes: tuple[Change, ...]
    identical: bool
    verdict: Verdict
    evidence: Evidence

    @property
    def gating(self) -> tuple[Change, ...]:
        """The changes that ask for consent under the mode."""
        return tuple(change for change in self.changes if self.question.mode.gates(change))

    def to_wire(self) -> dict[str, JSON]:
        mode = self.question.mode
        return {
            "mode": str(mode),
            "content_model": str(self.question.content_model),
            "identical": self.identical,
            "gating": bool(self.gating),
            "verdict": {
                "backward": self.verdict.backward,
                "forward": self.verdict.forward,
                "full": self.verdict.full,
                "why": self.verdict.why,
            },
            "changes": [
                {
                    **change.to_wire(),
                    "gating": (gates := mode.gates(change)),
                    "group": str(group_of(change, gates=gates)),
                    **self.evidence.to_wire(place),
                }
                for place, change in enumerate(self.changes)
            ],
        }


def compare(old: Schema, new: Schema, question: Question) -> Comparison:
    """Never raises for schemas that were parsed."""
    found = diff(old, new, question.content_model)
    return Comparison(
        question=question,
        changes=found.changes,
        identical=found.identical,
        verdict=decide(old, new, question.content_model),
        evidence=evidence(old, new, found.changes, question) if question.wants_any else Evidence(),
    )


def evidence(
    old: Schema,
    new: Schema,
    changes: Sequence[Change],
    question: Question,
    budget: Budget | None = None,
) -> Evidence:
    """Look for what the question asks for: both cost a search, so neither is made unasked.

    At most so many changes as one may ask about are looked at, those that gate before the others.
    """
    model, mode = question.content_model, question.mode
    places = _worth_a_search(changes, mode)[:MOST_WITNESSES]
    found: dict[int, Witness] = {}
    if question.with_witnesses:
        proofs = witnesses(old, new, [changes[place] for place in places], model, budget=budget)
        found = {places[index]: proof for index, proof in proofs.items()}
    ways: dict[int, Suggestion] = {}
    if question.with_suggestions:
        for place in places:
            way = suggest(old, new, changes[place], mode, model)
            if way is not None:
                ways[place] = way
    return Evidence(witnesses=found, suggestions=ways)


def _worth_a_search(changes: Sequence[Change], mode: Mode) -> list[int]:
    """The places of what gates, then of what breaks without gating."""
    gating = [place for place, change in enumerate(changes) if mode.gates(change)]
    breaking = [
        place
        for place, change in enumerate(changes)
        if (change.breaks_backward or change.breaks_forward) and not mode.gates(change)
    ]
    return [*gating, *breaking]
