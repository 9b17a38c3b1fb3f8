"""A lineage as two nested lists, which say what the picture shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from api.ui.lineage_choice import Choice
from domain.lineage import Excerpt, Lineage, Relative, Side

WORD = {Side.UPSTREAM: "made of", Side.DOWNSTREAM: "used by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What takes away what is behind an asset, or brings back more of it."""

    address: str
    side: Side
    more: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One asset in a list: a list begins under it, or `closes` lists end after it."""

    asset: Relative
    fold: Fold | None
    again: bool
    """Whether what is under it stands elsewhere in the list."""
    besides: Sequence[Relative]
    """What it is also made of, which is on the other side."""
    opens: bool
    closes: int = 0


def folds(
    choice: Choice, excerpt: Excerpt, relatives: Mapping[UUID, Relative]
) -> Mapping[UUID, Fold]:
    """Return what folds each asset that leads to others."""
    return {asset: _fold(choice, excerpt, relatives[asset]) for asset in excerpt.opens}


def _fold(choice: Choice, excerpt: Excerpt, asset: Relative) -> Fold:
    side, more = excerpt.opens[asset.id], excerpt.beyond.get(asset.id, 0)
    if not more:
        address, says = choice.folding(asset.id), f"Fold what {asset.fqn} is {WORD[side]}"
    elif excerpt.is_full and asset.id not in choice.folded:
        address = Choice(middle=asset.id).address()
        says = f"Look at {asset.fqn} by itself: it is {WORD[side]} {more} more"
    else:
        address = choice.unfolding(asset.id)
        says = f"Show {more} more that {asset.fqn} is {WORD[side]}"
    return Fold(address=address, side=side, more=more, says=says)


def entries(
    lineage: Lineage, side: Side, relatives: Mapping[UUID, Relative], folds: Mapping[UUID, Fold]
) -> list[Entry]:
    """Walk one side depth first, without recursion: a chain may be long.

    What is under an asset stands where the asset is nearest.
    """
    following = {
        each: [other for other in lineage.following(side, each) if other in relatives]
        for each in relatives
        if lineage.lies(side, each)
    }
    nearest = _nearest(lineage.middle, following)
    listed: list[Entry] = []
    walk = [(lineage.middle, iter(following[lineage.middle]))]
    while walk:
        above, rest = walk[-1]
        asset_id = next(rest, None)
        if asset_id is None:
            walk.pop()
            if walk:
                listed[-1] = replace(listed[-1], closes=listed[-1].closes + 1)
            continue
        again = nearest[asset_id] != above and bool(following[asset_id])
        under = [] if again else following[asset_id]
        listed.append(
            Entry(
                asset=relatives[asset_id],
                fold=None if again else folds.get(asset_id),
                again=again,
                besides=[] if again else _besides(lineage, side, asset_id, relatives),
                opens=bool(under),
            )
        )
        if under:
            walk.append((asset_id, iter(under)))
    return listed


def _nearest(middle: UUID, following: Mapping[UUID, Sequence[UUID]]) -> Mapping[UUID, UUID]:
    """Return under what each asset stands first, walked step by step."""
    above = {middle: middle}
    frontier = [middle]
    while frontier:
        further = []
        for asset_id in frontier:
            for each in following[asset_id]:
                if each not in above:
                    above[each] = asset_id
                    further.append(each)
        frontier = further
    return above


def _besides(
    lineage: Lineage, side: Side, asset_id: UUID, relatives: Mapping[UUID, Relative]
) -> list[Relative]:
    if side is Side.UPSTREAM:
        return []
    return [
        relatives[each]
        for each in lineage.following(Side.UPSTREAM, asset_id)
        if each in relatives and not lineage.lies(side, each)
    ]
