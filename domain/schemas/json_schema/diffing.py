"""From what the rules found at pairs of positions to changes at fields of a record."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.changes import Change, ChangeKind, Diff
from domain.json_values import canonical_text
from domain.schemas.json_schema.arrivals import Arrivals, find_arrivals
from domain.schemas.json_schema.certainty import is_certainly_broken
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.outcome import (
    BREAKS,
    DIRECTIONS,
    FINE,
    UNSURE,
    Direction,
    Effect,
    Finding,
    Outcome,
    Pair,
)
from domain.schemas.schema import Schema, is_same_content

# A directed mask: which directions still count at a pair.
_Alive = tuple[bool, bool]
_Reached = tuple[Pair, _Alive, Outcome]


class Located(NamedTuple):
    """A change with what it was found at; None where the schemas are only known as a whole."""

    change: Change
    pair: Pair | None = None
    finding: Finding | None = None


def diff_json_schema(old: Schema, new: Schema, *, closed: bool) -> Diff:
    if is_same_content(old, new):
        return Diff((), identical=True)
    comparison = Comparison(Graph(old, closed=closed), Graph(new, closed=closed))
    changes = tuple(located.change for located in locate_changes(comparison))
    return Diff(changes, identical=False)


def locate_changes(comparison: Comparison) -> list[Located]:
    """All changes in their stable order; at least one."""
    outcomes = _reached(comparison)
    arrivals = find_arrivals(
        comparison.root,
        {pair: outcome.edges for pair, _, outcome in outcomes if outcome.edges},
        [pair for pair, _, outcome in outcomes if outcome.findings],
    )
    whole = _whole(comparison, outcomes)
    found = [
        Located(_change(finding, arrivals, pair, mask, whole), pair, finding)
        for pair, mask, outcome in outcomes
        for finding in outcome.findings
    ]
    if comparison.is_exhausted:
        found.append(Located(_too_large()))
    return _ordered(found) or [Located(_rewritten())]


def _reached(comparison: Comparison) -> list[_Reached]:
    """Every pair that is reachable, with the directions in which a break there counts."""
    alive: dict[Pair, _Alive] = {comparison.root: (True, True)}
    outcomes: dict[Pair, Outcome] = {}
    waiting = [comparison.root]
    while waiting:
        pair = waiting.pop()
        outcome = outcomes[pair] = comparison.outcome(pair)
        backward, forward = alive[pair]
        for edge in outcome.edges:
            had = alive.get(edge.pair)
            now = (
                (backward and edge.backward) or (had is not None and had[0]),
                (forward and edge.forward) or (had is not None and had[1]),
            )
            if now != had:
                alive[edge.pair] = now
                waiting.append(edge.pair)
    return [(pair, mask, outcomes[pair]) for pair, mask in alive.items()]


# What is known of a direction as a whole: harmless, or broken though no single rule was sure.
_Whole = dict[Direction, Effect]


def _whole(comparison: Comparison, outcomes: list[_Reached]) -> _Whole:
    """Asks about the record as a whole, where any rule found a break or was not sure."""
    known: _Whole = {}
    for index, direction in enumerate(DIRECTIONS):
        counted = (
            finding for _, mask, each in outcomes if mask[index] for finding in each.findings
        )
        worst = _worst(counted, direction)
        if worst > FINE and not (worst is BREAKS and is_certainly_broken(comparison, direction)):
            fits = comparison.fits_as_a_whole(direction)
            if fits is True:
                known[direction] = FINE
            elif fits is False and worst is UNSURE:
                known[direction] = BREAKS
    return known


def _worst(findings: Iterable[Finding], direction: Direction) -> Effect:
    worst = FINE
    for finding in findings:
        worst = max(worst, finding.effect(direction))
        if worst is BREAKS:
            break
    return worst


def _change(
    finding: Finding, arrivals: Arrivals, pair: Pair, mask: _Alive, whole: _Whole
) -> Change:
    backward, forward = finding.backward if mask[0] else FINE, finding.forward if mask[1] else FINE
    if whole:
        backward = _effect(backward, whole.get("backward"))
        forward = _effect(forward, whole.get("forward"))
    paths, exact = arrivals.paths(pair, finding.steps)
    if finding.beside:
        paths += arrivals.paths(pair, finding.beside)[0]
    path = paths[0]
    undecided = backward is UNSURE or forward is UNSURE
    return Change(
        kind=finding.kind,
        path=path,
        before=finding.before,
        after=finding.after,
        breaks_backward=backward > FINE,
        breaks_forward=forward > FINE,
        undecided=undecided,
        sentence=sentence(path, finding.phrase, undecided=undecided, exact=exact),
        also=tuple(paths[1:]),
    )


def _effect(found: Effect, whole: Effect | None) -> Effect:
    return found if whole is None or found is FINE else whole


def sentence(path: str, phrase: str, *, undecided: bool = False, exact: bool = True) -> str:
    subject = f"`{path}`" if path else "The record"
    if not exact:
        subject = f"Something below {subject[0].lower()}{subject[1:]}"
    doubt = " Whether that breaks anyone could not be decided." if undecided else ""
    return f"{subject} {phrase}.{doubt}"


def _too_large() -> Change:
    phrase = "is too large to be compared completely"
    return Change(
        ChangeKind.UNDECIDED,
        "",
        None,
        None,
        breaks_backward=True,
        breaks_forward=True,
        undecided=True,
        sentence=sentence("", phrase, undecided=True),
    )


def _rewritten() -> Change:
    return Change(
        ChangeKind.REWRITTEN,
        "",
        None,
        None,
        breaks_backward=False,
        breaks_forward=False,
        undecided=False,
        sentence="The schema is written differently and means the same.",
    )


def _ordered(found: list[Located]) -> list[Located]:
    """By path, then kind: a database may change the order of names, the diff must not follow it."""
    kinds = {kind: at for at, kind in enumerate(ChangeKind)}

    changes = [located.change for located in found]
    said = [(change.path, kinds[change.kind], change.sentence) for change in changes]
    if len(set(said)) == len(said):
        values = [""] * len(said)
    else:  # seldom: sentences tell nearly all changes apart
        values = [canonical_text([change.before, change.after]) for change in changes]
    keys = list(zip(said, values, strict=True))
    return [found[at] for at in sorted(range(len(found)), key=keys.__getitem__)]
