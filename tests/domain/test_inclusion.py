"""The way from an event to the root of its seal: RFC 6962, as it is written there."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from domain.inclusion import Tree, root_over
from domain.seals import leaf_hash, merkle_root


def rfc_path(place: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1, over inputs that are not hashed yet."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if place < half:
        return [*rfc_path(place, leaves[:half]), rfc_root(leaves[half:])]
    return [*rfc_path(place - half, leaves[half:]), rfc_root(leaves[:half])]


def rfc_root(leaves: list[bytes]) -> bytes:
    """MTH(D[n]) of section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    joined = b"\x01" + rfc_root(leaves[:half]) + rfc_root(leaves[half:])
    return hashlib.sha256(joined).digest()


@given(st.lists(st.text(max_size=3), min_size=1, max_size=40), st.data())
def test_the_way_is_that_of_the_rfc_and_leads_to_the_root(
    texts: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(texts) - 1))
    leaves = [leaf_hash(each) for each in texts]
    way = Tree(leaves).way(place)
    assert [each.hash for each in way] == rfc_path(place, [each.encode() for each in texts])
    assert root_over(leaves[place], way) == merkle_root(leaves)
    other = leaf_hash(texts[place] + "?")
    assert root_over(other, way) != merkle_root(leaves)
