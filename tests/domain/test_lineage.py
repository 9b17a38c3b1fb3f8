"""How much of a lineage is shown."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.lineage import AT_A_GLANCE, MOST_EDGES, MOST_SHOWN, Edge, Lineage, Side, Wanted

_NAMES = UUID(int=0)
MIDDLE = uuid5(_NAMES, "middle")


def named(name: object) -> UUID:
    return MIDDLE if name == "middle" else uuid5(_NAMES, str(name))


def lineage(*edges: tuple[object, object]) -> Lineage:
    return Lineage(MIDDLE, [(named(source), named(target)) for source, target in edges])


def shown(lineage: Lineage, *names: object, **wanted: object) -> bool:
    """Whether exactly these are shown."""
    said = {
        name: frozenset(map(named, value)) if isinstance(value, (list, tuple)) else value
        for name, value in wanted.items()
    }
    excerpt = lineage.excerpt(Wanted(**said))  # type: ignore[arg-type]
    return set(excerpt.assets) == {MIDDLE, *map(named, names)}


CHAIN = lineage(("a", "b"), ("b", "middle"), ("middle", "c"), ("c", "d"), ("d", "e"))


def test_both_sides_are_shown_by_so_many_steps() -> None:
    assert CHAIN.counts == {Side.UPSTREAM: 2, Side.DOWNSTREAM: 3}
    assert (CHAIN.size, CHAIN.depth) == (6, 3)
    assert shown(CHAIN, "a", "b", "c", "d", "e")
    assert shown(CHAIN, "b", "c", steps=1)
    assert shown(CHAIN, "a", "b", "c", "d", steps=2)


def test_nothing_is_shown_behind_what_is_folded_and_more_behind_what_is_opened() -> None:
    assert shown(CHAIN, "a", "b", "c", folded=["c"])
    assert shown(CHAIN, "b", "c", "d", steps=1, opened=["c"])
    assert shown(CHAIN, "b", "c", steps=1, opened=["c"], folded=["c"])
    assert shown(CHAIN, "a", "b", "c", "d", "e", folded=["middle"])


def test_what_is_folded_stays_where_another_way_leads_to_it() -> None:
    two_ways = lineage(("middle", "a"), ("middle", "b"), ("a", "c"), ("b", "c"), ("a", "d"))
    assert shown(two_ways, "a", "b", "c", folded=["a"])


def test_an_asset_says_what_it_leads_to_and_how_much_of_that_is_hidden() -> None:
    excerpt = CHAIN.excerpt(Wanted(steps=1))
    assert excerpt.opens == {named("b"): Side.UPSTREAM, named("c"): Side.DOWNSTREAM}
    assert excerpt.beyond == {named("b"): 1, named("c"): 1}
    assert (excerpt.hidden, excerpt.is_full) == (3, False)
    assert set(excerpt.edges) == {(named("b"), MIDDLE), (MIDDLE, named("c"))}


def test_a_circle_ends_and_lies_on_both_sides() -> None:
    circle = lineage(("middle", "a"), ("a", "b"), ("b", "middle"))
    assert circle.counts == {Side.UPSTREAM: 2, Side.DOWNSTREAM: 2}
    assert shown(circle, "a", "b")
    assert circle.lies(Side.UPSTREAM, named("a"))


def test_more_than_fits_is_left_out_from_the_far_end() -> None:
    wide = lineage(
        *(("middle", number) for number in range(300)),
        *((number, 1000 + number) for number in range(300)),
    )
    excerpt = wide.excerpt(Wanted())
    assert len(excerpt.assets) == MOST_SHOWN
    assert {named(number) for number in range(300)} < set(excerpt.assets)
    assert (excerpt.hidden, excerpt.is_full) == (601 - MOST_SHOWN, True)
    assert wide.steps_at_a_glance() == 1


def test_so_many_edges_are_shown_as_can_be_drawn() -> None:
    dense = lineage(
        *(("middle", number) for number in range(100)),
        *((low, high) for low in range(100) for high in range(low + 1, 100)),
    )
    excerpt = dense.excerpt(Wanted())
    assert excerpt.is_full
    assert MOST_EDGES - 100 < len(excerpt.edges) <= MOST_EDGES


def test_as_many_steps_are_shown_by_themselves_as_can_be_looked_over() -> None:
    tree = lineage(*((("middle", 0, 1, *range(2, 400))[n // 4], n) for n in range(340)))
    assert tree.size > AT_A_GLANCE
    steps = tree.steps_at_a_glance()
    few = len(tree.excerpt(Wanted(steps=steps)).assets)
    more = len(tree.excerpt(Wanted(steps=steps + 1)).assets)
    assert few <= AT_A_GLANCE < more


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), unique=True, max_size=40),
    st.integers(1, 6),
    st.frozensets(st.integers(0, 12)),
    st.frozensets(st.integers(0, 12)),
)
def test_what_is_shown_hangs_together(
    pairs: list[tuple[int, int]], steps: int, folded: frozenset[int], opened: frozenset[int]
) -> None:
    edges: list[Edge] = [
        (named(one or "middle"), named(other or "middle")) for one, other in pairs if one != other
    ]
    whole = Lineage(MIDDLE, edges)
    wanted = Wanted(
        steps=steps, folded=frozenset(map(named, folded)), opened=frozenset(map(named, opened))
    )
    excerpt = whole.excerpt(wanted)
    assert excerpt.assets[0] == MIDDLE
    assert len(set(excerpt.assets)) == len(excerpt.assets)
    assert len(excerpt.assets) + excerpt.hidden == whole.size
    linked = {asset for edge in excerpt.edges for asset in edge}
    assert set(excerpt.assets) == linked | {MIDDLE}
    assert excerpt.beyond.keys() <= set(excerpt.assets)
