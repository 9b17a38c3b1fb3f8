"""Keyset pages: stable while rows are added, and as quick at the end as at the start."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from domain.errors import InvalidRequest

T = TypeVar("T")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """`cursor` is what the page before gave as `next`."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_LIMIT:
            raise InvalidRequest(f"`limit` lies between 1 and {LARGEST_LIMIT}.")


class Deleted(StrEnum):
    """Whether a listing shows what is deleted."""

    EXCLUDE = "exclude"
    INCLUDE = "include"
    ONLY = "only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Newest first; `next` is None on the last page."""

    items: tuple[T, ...]
    next: str | None
