"""Two independent validators: what is shown to people as a proof, both of them must confirm."""

import functools
from collections.abc import Callable

import jsonschema
import jsonschema_rs
from jsonschema.protocols import Validator

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft, draft_of
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.plainness import is_circular
from domain.schemas.json_schema.writing import CannotBeWritten, Document, written_out
from domain.schemas.schema import Schema

_VALIDATORS: dict[Draft, type[Validator]] = {
    Draft.D4: jsonschema.Draft4Validator,
    Draft.D6: jsonschema.Draft6Validator,
    Draft.D7: jsonschema.Draft7Validator,
    Draft.D2019: jsonschema.Draft201909Validator,
    Draft.D2020: jsonschema.Draft202012Validator,
}


class Opinions:
    """`first` is quick; `second` knows other formats and another dialect of patterns."""

    def __init__(self, schema: Schema, *, closed: bool) -> None:
        self._document, self._draft = _for_validators(schema, closed=closed)

    @functools.cached_property
    def first(self) -> Callable[[JSON], bool]:
        if isinstance(self._document, bool):
            return lambda _: bool(self._document)
        return jsonschema_rs.validator_for(
            {**self._document, "$schema": self._draft.uri}, validate_formats=True, offline=True
        ).is_valid

    @functools.cached_property
    def second(self) -> Callable[[JSON], bool]:
        validator = _VALIDATORS[self._draft]
        return validator(self._document, format_checker=validator.FORMAT_CHECKER).is_valid


def _for_validators(schema: Schema, *, closed: bool) -> tuple[Document | bool, Draft]:
    """The document itself where validators read it as this product does; else written out.

    Raises CannotBeWritten, also for schemas that refer to themselves in place.
    """
    graph = Graph(schema, closed=closed)
    if is_circular(graph):
        raise CannotBeWritten
    document = schema.document
    if closed or len(schema.documents) > 1 or not isinstance(document, dict | bool):
        return written_out(graph, graph.root), Draft.D2020
    return document, draft_of(document)
