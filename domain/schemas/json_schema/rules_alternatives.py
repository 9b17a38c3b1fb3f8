"""Alternatives: `anyOf` and `oneOf`.

Alternatives that are plainly the same ones are compared one by one, so that people read what
changed inside of them. That is safe for inclusion: if every old alternative fits into its partner,
the whole does. For `oneOf` it is only safe if the alternatives exclude each other, since a value
that two of them accept is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.changes import ChangeKind
from domain.schemas.json_schema.exclusion import exclude_each_other
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import NULL, Group
from domain.schemas.json_schema.outcome import (
    BREAKS,
    FINE,
    Effect,
    Facing,
    Finding,
    unsure_if,
)
from domain.schemas.json_schema.pairing import Pairing, pair_branches, pair_groups
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.rules_types import judge_null, type_words

# A branch without a partner is tried against this many others before it counts as gone.
_MOST_TRIED = 20


@dataclass(frozen=True, slots=True)
class _Choice:
    """One side of the question: its alternatives, or one whole schema as the only one."""

    graph: Graph
    branches: Sequence[Position]
    exclusive: bool

    @classmethod
    def of(cls, graph: Graph, view: View, group: Group) -> "_Choice":
        branches = [graph.branch_position(view, branch) for branch in group.branches]
        return cls(graph, branches, exclusive=group.kind == "oneOf")


def judge_union(facing: Facing) -> bool:
    """Judges pairs of which a side is nothing but alternatives; False for all other pairs."""
    old, new = facing.old, facing.new
    old_union, new_union = facing.old_graph.is_union(old), facing.new_graph.is_union(new)
    if old_union and new_union:
        judge_null(facing)
        _judge_choices(facing, _choice(facing.old_graph, old), _choice(facing.new_graph, new))
        return True
    if new_union and _is_plain(old):
        return _judge_whole_against(facing, _choice(facing.new_graph, new), backward=True)
    if old_union and _is_plain(new):
        return _judge_whole_against(facing, _choice(facing.old_graph, old), backward=False)
    return False


def judge_alternatives(facing: Facing) -> None:
    """Judges alternatives that stand beside other keywords, and so refine them."""
    shared, old_only, new_only = pair_groups(facing)
    for old, new in shared:
        _judge_choices(
            facing,
            _Choice.of(facing.old_graph, facing.old, old),
            _Choice.of(facing.new_graph, facing.new, new),
        )
    for group in new_only:
        _report_refinement(facing, facing.new_graph, facing.new, group)
    for group in old_only:
        _report_refinement(facing, facing.old_graph, facing.old, group)


def _choice(graph: Graph, view: View) -> _Choice:
    return _Choice.of(graph, view, view.groups[0])


def _is_plain(view: View) -> bool:
    return not view.groups and bool(view.nodes)


# --- alternatives against alternatives ----------------------------------------------------------


def _judge_choices(
    facing: Facing, old: _Choice, new: _Choice, pairing: Pairing | None = None
) -> None:
    pairs, removed, added = pairing or pair_branches(facing, old.branches, new.branches)
    changed = [pair for pair in pairs if not facing.tests.same_pair(*pair)]
    for one, other in changed:
        facing.descend((), one, other)
    for branch in removed:
        effects = (facing.tests.verdict(branch, b).backward for b in new.branches[:_MOST_TRIED])
        _report_branch(facing, old.graph, branch, min(effects, default=BREAKS), added=False)
    for branch in added:
        effects = (facing.tests.verdict(b, branch).forward for b in old.branches[:_MOST_TRIED])
        _report_branch(facing, new.graph, branch, min(effects, default=BREAKS), added=True)
    facing.outcome.contested = facing.outcome.contested or bool(changed)
    backward = new.exclusive and (bool(changed or added) or not old.exclusive)
    forward = old.exclusive and (bool(changed or removed) or not new.exclusive)
    backward = backward and not exclude_each_other(new.graph, new.branches)
    forward = forward and not exclude_each_other(old.graph, old.branches)
    if backward or forward:
        facing.report(
            Finding(
                ChangeKind.ALTERNATIVES_CHANGED,
                "may now fit another number of its alternatives than one",
                backward=unsure_if(backward),
                forward=unsure_if(forward),
                contestable=True,
            )
        )


def _report_branch(
    facing: Facing, graph: Graph, branch: Position, effect: Effect, *, added: bool
) -> None:
    words = branch_words(graph, branch)
    facing.report(
        Finding(
            ChangeKind.ALTERNATIVE_ADDED if added else ChangeKind.ALTERNATIVE_REMOVED,
            f"may now also be {words}" if added else f"may no longer be {words}",
            backward=FINE if added else effect,
            forward=effect if added else FINE,
            contestable=True,
        )
    )


# --- a whole schema against alternatives --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Against:
    """A whole schema on one side, alternatives on the other; `backward`: they are the new ones.

    Narrow is the direction in which the whole must fit into the alternatives, wide is the other.
    """

    facing: Facing
    whole: Position
    choice: _Choice
    backward: bool

    def fits_narrow(self) -> bool:
        """Whether all that the whole accepts is accepted by one of the alternatives."""
        choice = self.choice
        if choice.exclusive and not exclude_each_other(choice.graph, choice.branches):
            return False
        return any(self._fits(branch, backward=self.backward) for branch in choice.branches)

    def fits_wide(self) -> bool:
        return all(self._fits(b, backward=not self.backward) for b in self.choice.branches)

    def _fits(self, branch: Position, *, backward: bool) -> bool:
        pair = (self.whole, branch) if self.backward else (branch, self.whole)
        verdict = self.facing.tests.verdict(*pair)
        return (verdict.backward if backward else verdict.forward) == FINE

    def report(self, *, wide: bool) -> None:
        choice, narrow = self.choice, self.fits_narrow()
        words = ", ".join(dict.fromkeys(branch_words(choice.graph, b) for b in choice.branches))
        phrase = "may now be one of" if narrow else "now must be one of"
        if not self.backward:
            phrase = "no longer is one of"
        effects = [unsure_if(not narrow), unsure_if(not wide)]
        backward, forward = effects if self.backward else effects[::-1]
        self.facing.report(
            Finding(
                ChangeKind.ALTERNATIVES_CHANGED,
                f"{phrase}: {words}",
                backward=backward,
                forward=forward,
                contestable=True,
            )
        )


def _judge_whole_against(facing: Facing, choice: _Choice, *, backward: bool) -> bool:
    """False if the whole shares no type with any of the alternatives."""
    view, union = (facing.old, facing.new) if backward else (facing.new, facing.old)
    graph = facing.old_graph if backward else facing.new_graph
    whole = view.position.without_null() if union.or_null else view.position
    types = view.types - {NULL}
    related = [b for b in choice.branches if choice.graph.view(b).types & types]
    if not related:
        return False
    judge_null(facing)
    if len(related) == 1:
        _judge_one_related(facing, choice, related[0], (graph, whole), backward=backward)
    else:
        against = _Against(facing, whole, choice, backward)
        against.report(wide=against.fits_wide())
    return True


def _judge_one_related(
    facing: Facing,
    choice: _Choice,
    related: Position,
    side: tuple[Graph, Position],
    *,
    backward: bool,
) -> None:
    """Only one alternative has the types of the whole: it is what became of the whole."""
    graph, whole = side
    alone = _Choice(graph, [whole], exclusive=False)
    others = [branch for branch in choice.branches if branch is not related]
    if backward:
        _judge_choices(facing, alone, choice, ([(whole, related)], [], others))
    else:
        _judge_choices(facing, choice, alone, ([(related, whole)], others, []))


def _report_refinement(facing: Facing, graph: Graph, view: View, group: Group) -> None:
    """Alternatives that only one side has, beside other keywords: they only ever narrow it."""
    backward = view is facing.new
    whole = facing.old.position if backward else facing.new.position
    _Against(facing, whole, _Choice.of(graph, view, group), backward).report(wide=True)


def branch_words(graph: Graph, branch: Position) -> str:
    """How people call an alternative: its title, the definition's name, or its types."""
    view = graph.view(branch)
    named: list[Callable[[], str | None]] = [
        lambda: next((f"“{n.raw['title']}”" for n in view.nodes if "title" in n.raw), None),
        lambda: next((f"a `{_last(n.raw['$ref'])}`" for n in view.nodes if "$ref" in n.raw), None),
    ]
    return next((words for name in named if (words := name())), type_words(view.types))


def _last(reference: object) -> str:
    return str(reference).rpartition("/")[2]
