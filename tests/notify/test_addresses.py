"""Which addresses a webhook may be sent to: one table, so that nobody has to guess."""

import ipaddress

import pytest

from notify.addresses import is_allowed, parsed_networks

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",  # the metadata service of most clouds
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "192.0.0.192",  # the metadata service of one more
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",  # NAT64 of the metadata service
    "64:ff9b:1::1",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "3fff::1",
    "5f00::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "100.100.100.200",  # metadata services at addresses that look like others
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::7f00:1",  # the deprecated way to write 127.0.0.1
    "::ffff:0:7f00:1",  # stateless translation of the same
    "4000::1",  # nobody's
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_always_allowed(address: str) -> None:
    parsed = ipaddress.ip_address(address)
    assert is_allowed(parsed, allow_private=False)
    assert is_allowed(parsed, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_the_own_network_is_allowed_only_where_the_settings_say_so(address: str) -> None:
    parsed = ipaddress.ip_address(address)
    assert not is_allowed(parsed, allow_private=False)
    assert is_allowed(parsed, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_translation_and_special_addresses_are_never_allowed(address: str) -> None:
    parsed = ipaddress.ip_address(address)
    assert not is_allowed(parsed, allow_private=False)
    assert not is_allowed(parsed, allow_private=True)


def test_networks_of_ones_own_are_allowed_beside_public_addresses() -> None:
    networks = parsed_networks(" 10.20.0.0/16, fd12:3456::/32 ,")
    for address, allowed in {
        "10.20.3.4": True,
        "::ffff:10.20.3.4": True,
        "fd12:3456::1": True,
        "8.8.8.8": True,
        "10.21.0.1": False,
        "127.0.0.1": False,
        "fd12:3457::1": False,
    }.items():
        parsed = ipaddress.ip_address(address)
        assert is_allowed(parsed, allow_private=False, networks=networks) is allowed, address


@pytest.mark.parametrize("address", NEVER)
def test_no_network_however_wide_allows_what_is_never_allowed(address: str) -> None:
    everything = parsed_networks("0.0.0.0/0,::/0")
    parsed = ipaddress.ip_address(address)
    assert not is_allowed(parsed, allow_private=True, networks=everything)


@pytest.mark.parametrize(
    "text",
    [
        *("169.254.0.0/16", "169.254.169.254/32", "fe80::/10", "224.0.0.0/4", "239.1.0.0/16"),
        *("ff00::/8", "ff02::/16", "0.0.0.0/8", "64:ff9b::/96", "2002::/16", "8.8.8.0/24"),
        *("10.0.0.1/8", "ten", "10.0.0.0/33", "fd00:ec2::254/128"),
    ],
)
def test_what_can_never_be_allowed_or_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|never"):
        parsed_networks(f"10.0.0.0/8,{text}")
