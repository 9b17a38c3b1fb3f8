"""What the rules for objects and arrays may ask of the search that they are part of."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.schemas.json_schema.search.answers import Answer
from domain.schemas.json_schema.search.atoms import Atoms
from domain.schemas.json_schema.search.constraints import Constraint, Literal, Literals


class Seeking(Protocol):
    atoms: Atoms

    def find(self, literals: Iterable[Literal]) -> Answer:
        """A value of any type that fits all literals."""
        ...

    def find_of(self, literals: Literals, kind: str) -> Answer: ...

    def find_name(self, literals: Literals, constraints: Sequence[Constraint]) -> Answer:
        """A text that fits all literals and keeps the constraints."""
        ...

    def spend(self) -> None:
        """Raises Spent when the budget is used up."""
        ...
