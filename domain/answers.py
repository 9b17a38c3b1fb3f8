"""Answers to the cases of `tessera diff --batch`.

An answer is the language's own, not a policy's: unless a case says otherwise, names that a schema
does not mention are read as the schema itself says. What cannot be answered is null and says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.budget import Budget
from domain.cases import Three, answer_line, read_case, unanswered
from domain.compatibility import ContentModel
from domain.errors import InvalidRequest, InvalidSchema
from domain.json_values import JSON
from domain.schemas import FORMATS, parse
from domain.schemas.json_schema import assume_draft
from domain.schemas.schema import Schema
from domain.verdicts import Verdict, both, decide

KNOWN_FORMATS = ("json_schema", "avro", "protobuf", "graphql", "openapi")
_ROOT = ""
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question; `history` are versions before `old`, the oldest first."""

    id: JSON
    format: str
    old: JSON
    new: JSON
    content_model: ContentModel
    draft: str | None
    history: tuple[JSON, ...] | None
    old_imports: Mapping[str, JSON]
    new_imports: Mapping[str, JSON]

    @classmethod
    def of(cls, document: Mapping[str, JSON]) -> "Case":
        """Read a case; members that are not known are left alone. Raises `InvalidRequest`."""
        missing = [name for name in ("format", "old", "new") if name not in document]
        if missing:
            raise InvalidRequest(f"The case has no `{'`, `'.join(missing)}`.")
        history = document.get("history")
        if not isinstance(history, list | None):
            raise InvalidRequest("`history` is a list of schemas, the oldest first.")
        return cls(
            id=document.get("id"),
            format=_text(document, "format") or "",
            old=document["old"],
            new=document["new"],
            content_model=_content_model(document),
            draft=_text(document, "draft"),
            history=None if history is None else tuple(history),
            old_imports=_imports(document, "old_imports"),
            new_imports=_imports(document, "new_imports"),
        )


def answer(line: bytes, budget: Budget | None = None) -> dict[str, JSON]:
    """The answer to one line; whatever is wrong with it is said in `why`, never raised."""
    document: Mapping[str, JSON] = {}
    try:
        document = read_case(line)
        return _answered(Case.of(document), budget)
    except InvalidRequest as refusal:
        return unanswered(document, refusal.detail)
    except InvalidSchema as refusal:
        return unanswered(document, refusal.detail)


def _answered(case: Case, budget: Budget | None) -> dict[str, JSON]:
    if case.format not in FORMATS:
        known = "is not built yet" if case.format in KNOWN_FORMATS else "is not a known format"
        nothing = Verdict(None, None, f"`{case.format}` {known}.")
        return _wire(case.id, nothing, None if case.history is None else nothing)
    new = _parsed("new", case.new, case.new_imports, case)
    verdict = _decided(_parsed("old", case.old, case.old_imports, case), new, case, budget)
    if case.history is None:
        return _wire(case.id, verdict, None)
    earlier = [
        _decided(_parsed(f"history[{place}]", each, case.old_imports, case), new, case, budget)
        for place, each in enumerate(case.history)
    ]
    return _wire(case.id, verdict, _over_all([verdict, *earlier]))


def _decided(old: Schema, new: Schema, case: Case, budget: Budget | None) -> Verdict:
    return decide(old, new, case.content_model, budget)


def _over_all(verdicts: Sequence[Verdict]) -> Verdict:
    """What holds against each of the versions; `verdicts` are of `old`, then of the history."""
    backward: bool | None = True
    forward: bool | None = True
    for verdict in verdicts:
        backward = both(backward, verdict.backward)
        forward = both(forward, verdict.forward)
    last, *earlier = verdicts
    told = [
        f"Against history[{place}]: {each.why}"
        for place, each in enumerate(earlier)
        if each.full is not True and each.why != last.why
    ]
    return Verdict(backward, forward, " ".join([last.why, *told[:_MOST_TOLD]]))


def _parsed(what: str, document: JSON, imports: Mapping[str, JSON], case: Case) -> Schema:
    try:
        read = {name: assume_draft(each, case.draft) for name, each in imports.items()}
        root = assume_draft(document, case.draft)
        return parse(case.format, documents={**read, _ROOT: root}, root=_ROOT)
    except InvalidSchema as refusal:
        raise InvalidSchema(f"`{what}` is not usable: {refusal.detail}") from None


def _wire(id_: JSON, verdict: Verdict, transitive: Verdict | None) -> dict[str, JSON]:
    over_all = None if transitive is None else _three(transitive)
    return answer_line(id_, _three(verdict), over_all, (transitive or verdict).why)


def _three(verdict: Verdict) -> Three:
    return verdict.backward, verdict.forward, verdict.full


def _content_model(document: Mapping[str, JSON]) -> ContentModel:
    named = _text(document, "content_model")
    try:
        return ContentModel.OPEN if named is None else ContentModel(named)
    except ValueError:
        raise InvalidRequest("`content_model` is `closed` or `open`.") from None


def _text(document: Mapping[str, JSON], name: str) -> str | None:
    value = document.get(name)
    if not isinstance(value, str | None):
        raise InvalidRequest(f"`{name}` is text.")
    return value


def _imports(document: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    value = document.get(name)
    if not isinstance(value, dict | None):
        raise InvalidRequest(f"`{name}` is an object of documents by their URI.")
    return value or {}
