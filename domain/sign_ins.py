"""When a password may be tried: attempts are slowed down without locking anybody out of their own.

A lock that follows an account alone is a weapon: whoever fails ten times on purpose locks somebody
else out. So failures count for the account *and where they come from*:

- A browser in which somebody has signed in to this account before is known by a cookie of its own
  (OWASP calls it a device cookie). It has a count to itself, and nothing that others do
  touches it.
- All other browsers count by their address. Who fails too often from there waits.
- All unknown browsers together have a higher limit for the account, against an attack from many
  addresses. Reaching it closes the account to unknown browsers for the while, and to no known one.

Only attempts that were within the limit of their own address count for all strangers: one address
alone never reaches the limit of all.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

WINDOW = timedelta(minutes=15)
"""Counts begin anew so long after the first attempt; no attempt makes a wait longer."""
FROM_ONE_PLACE = 10
FROM_ALL_STRANGERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an attempt comes from: a browser that is known to the account, or an address."""

    device_id: UUID | None
    address: str

    def key(self, account: str) -> str:
        """Return under what the attempts on this account from here are counted."""
        known = self.device_id is not None
        return _key(account, f"device {self.device_id}" if known else f"address {self._network}")

    @property
    def _network(self) -> str:
        """One customer has 2^64 addresses of IPv6 and can use each of them once."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network(f"{address}/64", strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many attempts there were in the window, this one included, that did not succeed.

    `strangers` is None where they do not count: the browser is known, or it is over its own limit.
    """

    here: int
    strangers: int | None = None


def is_too_many(tally: Tally) -> bool:
    """Whether this attempt is not to be looked at."""
    if tally.here > FROM_ONE_PLACE:
        return True
    return tally.strangers is not None and tally.strangers > FROM_ALL_STRANGERS


def counts_for_all(place: Place, here: int) -> bool:
    """Whether an attempt counts towards the limit of all strangers."""
    return place.device_id is None and here <= FROM_ONE_PLACE


def strangers_key(account: str) -> str:
    """Return under what the attempts of all unknown browsers on this account are counted."""
    return _key(account, "strangers")


def masked(email: str) -> str:
    """Return as much of an address as a log may have of somebody whom nobody knows."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host[:1]}…" if host else f"{name[:1]}…"


def _key(account: str, source: str) -> str:
    return hashlib.sha256(f"{account}\n{source}".encode("utf-8", "surrogateescape")).hexdigest()
