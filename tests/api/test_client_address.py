"""Whose address counts: proxies are believed as far as they are trusted."""

import pytest

from api.client_address import UNKNOWN, ClientAddresses, parse_networks

TRUSTED = "10.0.0.0/8, 2001:db8:aaaa::/48, 192.0.2.7"


def found(trusted: str, peer: str | None, *forwarded: str) -> str:
    addresses = ClientAddresses(parse_networks(trusted))
    return addresses.of(
        {
            "type": "http",
            "client": None if peer is None else (peer, 4711),
            "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
        }
    )


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "counts"),
    [
        # nobody is trusted: what the sender writes is nothing
        ("", "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("", "10.0.0.1", ["198.51.100.1"], "10.0.0.1"),
        # the peer is not among the trusted ones
        (TRUSTED, "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        # one proxy, and two in a row
        (TRUSTED, "10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (TRUSTED, "10.0.0.1", ["198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        (TRUSTED, "10.0.0.1", ["198.51.100.1", "192.0.2.7"], "198.51.100.1"),
        # what the sender made up stands to the left of what the proxy wrote
        (TRUSTED, "10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        (TRUSTED, "10.0.0.1", ["10.9.9.9, 198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        # nonsense is not believed, nor anything before it
        (TRUSTED, "10.0.0.1", ["198.51.100.1, what?"], "10.0.0.1"),
        (TRUSTED, "10.0.0.1", ["198.51.100.1, what?, 10.2.3.4"], "10.2.3.4"),
        (TRUSTED, "10.0.0.1", ["unknown"], "10.0.0.1"),
        (TRUSTED, "10.0.0.1", [""], "10.0.0.1"),
        (TRUSTED, "10.0.0.1", [], "10.0.0.1"),
        # all of them are proxies: the first of them asks
        (TRUSTED, "10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        # ports, brackets, zones, mapped addresses
        (TRUSTED, "10.0.0.1", ["198.51.100.1:8080"], "198.51.100.1"),
        (TRUSTED, "10.0.0.1", ["[2001:db8:1:2:3::4]:8080"], "2001:db8:1:2::/64"),
        ("::1", "::1", ["198.51.100.1"], "198.51.100.1"),
        ("", "::ffff:203.0.113.9", [], "203.0.113.9"),
        ("", "fe80::1%eth0", [], "fe80::/64"),
        # IPv6 counts by the network that one household has
        ("", "2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("", "2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        (TRUSTED, "2001:db8:aaaa::1", ["2001:db8:5::1"], "2001:db8:5::/64"),
        ("", "testclient", [], UNKNOWN),
        ("", None, [], UNKNOWN),
    ],
)
def test_the_first_that_is_not_a_trusted_proxy_counts(
    trusted: str, peer: str | None, forwarded: list[str], counts: str
) -> None:
    assert found(trusted, peer, *forwarded) == counts


@pytest.mark.parametrize(
    "bad", ["proxy.example.com", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;::1"]
)
def test_what_is_no_network_is_told(bad: str) -> None:
    with pytest.raises(ValueError, match="is no network"):
        parse_networks(f"192.0.2.0/24, {bad}")
