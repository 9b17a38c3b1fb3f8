"""The lists beneath a picture say all that it shows; names in it fit their boxes."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ui.fitting import cut, shortened
from api.ui.lineage_choice import FIT, Choice
from api.ui.lineage_lists import Entry, entries, folds
from domain.lineage import Edge, Lineage, Relative, Side, Wanted

_NAMES = UUID(int=0)


def named(number: int) -> UUID:
    return uuid5(_NAMES, str(number))


def relative(asset_id: UUID) -> Relative:
    return Relative(
        id=asset_id,
        fqn=str(asset_id),
        environment="production",
        team_id=_NAMES,
        team="growth",
        proposal_id=None,
    )


def listed(middle: UUID, rows: list[Entry]) -> set[tuple[UUID, UUID]]:
    """What is under what; fails if more lists end than begin."""
    above, under = [middle], set()
    for row in rows:
        under.add((above[-1], row.asset.id))
        if row.opens:
            above.append(row.asset.id)
        for _ in range(row.closes):
            above.pop()
    assert above == [middle]
    return under


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=30),
    st.integers(1, 5),
)
def test_every_line_of_the_picture_stands_in_a_list(
    pairs: list[tuple[int, int]], steps: int
) -> None:
    edges: list[Edge] = [(named(one), named(two)) for one, two in pairs if one != two]
    lineage = Lineage(named(0), edges)
    excerpt = lineage.excerpt(Wanted(steps=steps))
    relatives = {each: relative(each) for each in excerpt.assets}
    folding = folds(Choice(middle=named(0)), excerpt, relatives)
    rows = {side: entries(lineage, side, relatives, folding) for side in Side}
    above, below = (listed(named(0), rows[side]) for side in Side)
    besides = {(other.id, row.asset.id) for row in rows[Side.DOWNSTREAM] for other in row.besides}
    assert {(two, one) for one, two in above} | below | besides == set(excerpt.edges)


@pytest.mark.parametrize(
    ("fqn", "fits"),
    [
        ("orders.customers", "orders.customers"),
        ("warehouse.analytics.orders", "…analytics.orders"),
        ("staging.contacts_deduplicated", "…contacts_deduplicated"),
        ("a.customer_lifetime_value_by_segment_and_country", "customer_lif…_country"),
    ],
)
def test_a_name_keeps_its_end_and_a_long_one_loses_its_middle(fqn: str, fits: str) -> None:
    assert shortened(fqn, 20.5) == fits


@given(st.text(min_size=1, max_size=120), st.floats(8, 40))
def test_a_name_is_whole_or_says_that_it_is_cut(text: str, room: float) -> None:
    for fitting in (shortened(text, room), cut(text, room)):
        assert fitting == text or "…" in fitting
        assert len(fitting) <= len(text) + 1


def test_an_address_says_what_is_looked_at_and_leads_back_to_it() -> None:
    one, two = named(1), named(2)
    folded = Choice(middle=one, depth=2, zoom=FIT).folding(two)
    assert folded == f"/assets/{one}/dependencies?depth=2&folded={two}&zoom=fit#asset-{two}"
    read = Choice.read(one, "2", str(two), "", "fit")
    assert read.unfolding(two) == f"/assets/{one}/dependencies?depth=2&zoom=fit#asset-{two}"
    opened = Choice.read(one, "1", "", str(two), "100")
    assert opened.folding(two) == f"/assets/{one}/dependencies?depth=1#asset-{two}"


def test_what_an_address_says_wrongly_counts_as_not_said() -> None:
    assert Choice.read(named(1), "-3", "no,ids", ",", "7") == Choice(middle=named(1))
    assert Choice.read(named(1), "99", "", "", "").depth == 50
