"""A lineage as a picture: what the template draws; the numbers of its boxes are those of layers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.ui.fitting import cut, shortened
from api.ui.layers import WIDTH, Layout, Route, laid_out
from api.ui.lineage_lists import Fold
from domain.lineage import Excerpt, Relative, Side

HEAD = 30
"""Above the boxes, for the words that say which side is which."""
_NAME, _OWNER, _BESIDE_BADGE = 20.5, 24.5, 15.0
"""How much text a line of a box holds, in middling letters."""

_ASIDE = 5
"""How far what folds a box stands outside of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One asset in the picture. `x` and `y` are where its box begins."""

    asset: Relative
    number: int
    layer: int
    x: int
    y: int
    at: str
    """The same as the words of a `transform`."""
    name: str
    owner: str
    says: str
    fold: Fold | None
    fold_x: int
    sign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One edge in the picture: the numbers of its two boxes, and its way."""

    ends: str
    returns: bool
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that is drawn, boxes in the order in which they are read."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int
    middle: Box

    def wide(self, percent: int) -> int:
        """Return how wide it is at a size."""
        return self.width * percent // 100

    def high(self, percent: int) -> int:
        """Return how high it is at a size."""
        return self.height * percent // 100


def drawn(
    excerpt: Excerpt, relatives: Mapping[UUID, Relative], folds: Mapping[UUID, Fold]
) -> Picture:
    """Return the picture of what is shown."""
    numbers = {asset: number for number, asset in enumerate(excerpt.assets)}
    edges = [(numbers[upstream], numbers[downstream]) for upstream, downstream in excerpt.edges]
    layout = laid_out(len(numbers), edges)
    boxes = list(_boxes(layout, excerpt.assets, relatives, folds))
    return Picture(
        boxes=sorted(boxes, key=lambda box: (box.layer, box.y)),
        lines=[_line(route) for route in layout.routes],
        width=layout.width,
        height=layout.height + HEAD,
        middle=boxes[0],
    )


def _boxes(
    layout: Layout,
    assets: Sequence[UUID],
    relatives: Mapping[UUID, Relative],
    folds: Mapping[UUID, Fold],
) -> Iterator[Box]:
    home = relatives[assets[0]].environment
    for number, (asset_id, place) in enumerate(zip(assets, layout.places, strict=True)):
        asset, fold = relatives[asset_id], folds.get(asset_id)
        abroad = "" if asset.environment == home else f"{asset.environment} · "
        says = f"{asset.fqn} in {asset.environment}, owned by {asset.team}"
        yield Box(
            asset=asset,
            number=number,
            layer=place.layer,
            x=place.x,
            y=place.y + HEAD,
            at=f"translate({place.x} {place.y + HEAD})",
            name=shortened(asset.fqn, _NAME),
            owner=cut(abroad + asset.team, _BESIDE_BADGE if asset.proposal_id else _OWNER),
            says=f"{says}; a proposal is open" if asset.proposal_id else says,
            fold=fold,
            fold_x=-_ASIDE if fold is not None and fold.side is Side.UPSTREAM else WIDTH + _ASIDE,
            sign=""
            if fold is None
            else f"+{min(fold.more, 99)}"
            if fold.more
            else "\N{MINUS SIGN}",
        )


def _line(route: Route) -> Line:
    x, y = route.points[0]
    way = [f"M{x} {y + HEAD}"]
    for place, (to_x, to_y) in enumerate(route.points[1:]):
        if place % 2:
            way.append(f"H{to_x}")
        else:
            half = (x + to_x) // 2
            way.append(f"C{half} {y + HEAD} {half} {to_y + HEAD} {to_x} {to_y + HEAD}")
        x, y = to_x, to_y
    ends = f"{route.source} {route.target}"
    return Line(ends=ends, returns=route.returns, way="".join(way))
