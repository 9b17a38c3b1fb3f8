"""The drawing of a graph in layers, whatever the graph."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api.ui.layers import HEIGHT, WIDTH, Layout, laid_out

Graph = tuple[int, list[tuple[int, int]]]


@st.composite
def graphs(draw: st.DrawFn, most: int = 24) -> Graph:
    count = draw(st.integers(1, most))
    node = st.integers(0, count - 1)
    edges = draw(st.lists(st.tuples(node, node), unique=True, max_size=3 * count))
    return count, [(source, target) for source, target in edges if source != target]


def drawn(graph: Graph) -> Layout:
    return laid_out(*graph)


@given(graphs())
def test_no_box_touches_another_and_all_are_in_the_picture(graph: Graph) -> None:
    layout = drawn(graph)
    assert len(layout.places) == graph[0]
    for number, one in enumerate(layout.places):
        assert 0 < one.x < one.x + WIDTH < layout.width
        assert 0 < one.y < one.y + HEIGHT < layout.height
        for other in layout.places[number + 1 :]:
            assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT


@given(graphs())
def test_every_edge_leads_to_the_right_or_says_that_it_returns(graph: Graph) -> None:
    layout = drawn(graph)
    assert sorted((each.source, each.target) for each in layout.routes) == sorted(graph[1])
    for route in layout.routes:
        first, last = layout.places[route.source], layout.places[route.target]
        assert (first.layer > last.layer) == route.returns
        assert (first.x > last.x) == route.returns
        assert first.layer != last.layer


@given(graphs())
def test_without_a_circle_nothing_returns(graph: Graph) -> None:
    count, edges = graph
    forward = sorted({(min(edge), max(edge)) for edge in edges})
    assert not any(route.returns for route in laid_out(count, forward).routes)


@given(graphs())
def test_a_line_runs_from_border_to_border_and_behind_no_box(graph: Graph) -> None:
    layout = drawn(graph)
    for route in layout.routes:
        left, right = layout.places[route.source], layout.places[route.target]
        if route.returns:
            left, right = right, left
        assert route.points[0][0] == left.x + WIDTH
        assert route.points[-1][0] == right.x
        assert left.y < route.points[0][1] < left.y + HEIGHT
        assert right.y < route.points[-1][1] < right.y + HEIGHT
        for (x, _), (further, _) in pairwise(route.points):
            assert x < further
        for begins, height in route.points[1:-1:2]:
            column = [place for place in layout.places if place.x == begins]
            assert all(not place.y <= height <= place.y + HEIGHT for place in column)


@given(graphs(), st.randoms(use_true_random=False))
def test_the_same_graph_is_drawn_alike(graph: Graph, shuffler: random.Random) -> None:
    count, edges = graph
    again = list(edges)
    shuffler.shuffle(again)
    assert laid_out(count, again) == drawn(graph)


def test_a_circle_begins_where_one_comes_into_it() -> None:
    layout = laid_out(4, [(3, 2), (2, 1), (1, 2), (2, 0)])
    assert [(each.source, each.target) for each in layout.routes if each.returns] == [(1, 2)]


def test_what_leads_to_the_middle_stands_as_near_as_it_may() -> None:
    layout = laid_out(5, [(1, 2), (2, 0), (3, 0), (0, 4), (3, 4)])
    assert [place.layer for place in layout.places] == [2, 0, 1, 1, 3]


def test_lines_that_need_not_cross_do_not() -> None:
    layout = laid_out(7, [(1, 0), (2, 0), (3, 0), (4, 3), (5, 2), (6, 1)])
    heights = [place.y for place in layout.places]
    assert sorted((1, 2, 3), key=lambda node: heights[node]) == sorted(
        (1, 2, 3), key=lambda node: heights[{1: 6, 2: 5, 3: 4}[node]]
    )


def test_a_chain_of_five_hundred_is_drawn_in_one_line() -> None:
    layout = laid_out(500, [(node, node + 1) for node in range(499)])
    assert len({place.y for place in layout.places}) == 1
    assert max(place.layer for place in layout.places) == 499
