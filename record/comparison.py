"""Comparing contents in child processes: nothing slow on the event loop, nothing under a lock."""

import asyncio
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from domain.changes import Change
from domain.comparison import Comparison, Evidence, Question, compare
from domain.compatibility import ContentModel, diff
from domain.contracts import ContractContent
from domain.errors import InvalidSchema
from domain.fields import Field
from domain.guarantees import Guarantees, compare_guarantees
from domain.json_types import JsonObject
from domain.json_values import JSON
from domain.proposals import Proposal
from domain.schemas import Schema, field_tree, parse
from domain.yaml_texts import from_yaml
from record.children import Children
from record.evidence import Searches, searched

T = TypeVar("T")
_PLACE = re.compile(
    r"YAML parse error: (?P<what>.*) at byte \d+ line (?P<line>\d+) column (?P<column>\d+)",
    re.DOTALL,
)
Versions = Sequence[tuple[str, ContractContent]]
"""Contents under their numbers, the one that is compared with last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A schema, or a bundle of documents of which `root` is the schema, and guarantees: unread."""

    format: str
    schema: JSON
    documents: Mapping[str, JSON] | None
    root: str | None
    guarantees: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a draft says."""

    content: ContractContent
    fields: tuple[Field, ...]


class Comparer:
    """Parses and compares in child processes; one per API or worker process.

    `within` is how many seconds one piece of work may take, `memory` how many MiB.
    """

    def __init__(self, processes: int = 2, *, within: float = 20.0, memory: int = 2048) -> None:
        self._processes = processes
        self._children = Children(processes, ready, within=within, memory=memory)
        self._starting: asyncio.Task[None] | None = None
        self._searches = Searches(max(1, processes - 1))  # one is left for those who publish

    def start(self) -> None:
        """Start the child processes; who asks before they are ready waits for them."""
        self._starting = asyncio.create_task(self.warm())

    async def warm(self) -> None:
        """Return when all child processes are ready."""
        await asyncio.gather(*(self._run(ready) for _ in range(self._processes)))

    async def drafted(
        self, versions: Versions, draft: Draft, model: ContentModel
    ) -> tuple[Parsed, tuple[Change, ...]]:
        """Parse a draft, and compare it as `changes` does.

        Raises `InvalidSchema` or `InvalidGuarantees`.
        """
        return await self._run(_drafted, tuple(versions), draft, model)

    async def changes(
        self, versions: Versions, new: ContractContent, model: ContentModel
    ) -> tuple[Change, ...]:
        """Return the changes from the last of `versions` to `new`.

        Of earlier versions, which a transitive mode looks at, only the breaking changes that the
        last one does not show are added, each saying from which version it is.
        """
        if not versions:
            return ()
        return await self._run(_changes, tuple(versions), new, model)

    async def compare(
        self,
        old: Mapping[str, JSON],
        new: Mapping[str, JSON],
        *,
        format: str,  # noqa: A002
        draft: str | None,
        question: Question,
    ) -> Comparison:
        """Compare documents of no asset; the root is the one without a name.

        Raises `InvalidSchema`.
        """
        return await self._run(_compared, old, new, format, draft, question)

    async def evidence(
        self,
        old: Schema,
        new: Schema,
        changes: Sequence[Change],
        question: Question,
        key: Hashable | None = None,
    ) -> Evidence:
        """Search for evidence; with a key, once for all who ask with the same one."""
        return await self._searches.of(
            key, lambda: self._run(searched, old, new, tuple(changes), question)
        )

    async def evidence_of_proposal(
        self,
        proposal: Proposal,
        base: ContractContent | None,
        *,
        witnesses: bool = True,
        suggestions: bool = True,
    ) -> Evidence:
        """Search for evidence of a proposal's changes from `base`; the same for all who ask."""
        policy = proposal.policy
        question = Question(
            mode=policy.mode,
            content_model=policy.content_model,
            with_witnesses=witnesses,
            with_suggestions=suggestions,
        )
        if base is None:
            return Evidence()
        key = (proposal.base_contract_id, proposal.content_hash, proposal.revision, question)
        return await self.evidence(
            base.schema, proposal.content.schema, proposal.changes, question, key
        )

    async def from_yaml(self, text: str) -> JSON:
        """Return what a YAML text says, or raise `InvalidSchema` that says where it is wrong."""
        return await self._run(_from_yaml, text)

    async def field_tree(self, content: ContractContent) -> tuple[Field, ...]:
        """Return the field tree of a content."""
        return await self._run(_fields, content)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await self._children.run(function, *arguments)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await asyncio.to_thread(self._children.close)
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)


def ready() -> None:
    """Called first in each child, so that the engine is not loaded within any work's time."""
    import domain.schemas.json_schema.amending
    import domain.schemas.json_schema.deciding  # noqa: F401


def _drafted(
    versions: Versions, draft: Draft, model: ContentModel
) -> tuple[Parsed, tuple[Change, ...]]:
    schema = parse(draft.format, schema=draft.schema, documents=draft.documents, root=draft.root)
    fields = field_tree(schema)
    content = ContractContent(schema=schema, guarantees=Guarantees.parse(draft.guarantees, fields))
    _ = content.content_hash  # of a large one it takes a while; whoever asked gets it with it
    return Parsed(content=content, fields=fields), _changes(versions, content, model)


def _fields(content: ContractContent) -> tuple[Field, ...]:
    return field_tree(content.schema)


def _from_yaml(text: str) -> JSON:
    try:
        return from_yaml(text)
    except RecursionError:
        raise InvalidSchema("The text is nested too deep.") from None
    except ValueError as error:
        found = _PLACE.fullmatch(str(error))
        if found is None:
            raise InvalidSchema(f"The text is not YAML that JSON can hold: {error}.") from None
        line, column = int(found["line"]), int(found["column"])
        raise InvalidSchema(
            f"The text is not YAML: {found['what']} at line {line}, column {column}.",
            line=line,
            column=column,
        ) from None


def _compared(
    old: Mapping[str, JSON],
    new: Mapping[str, JSON],
    format: str,  # noqa: A002
    draft: str | None,
    question: Question,
) -> Comparison:
    from domain.schemas.json_schema import assume_draft

    before, after = (
        parse(
            format,
            documents={name: assume_draft(each, draft) for name, each in documents.items()}
            if draft is not None
            else documents,
            root="",
        )
        for documents in (old, new)
    )
    return compare(before, after, question)


def _changes(versions: Versions, new: ContractContent, model: ContentModel) -> tuple[Change, ...]:
    if not versions:
        return ()
    *earlier, (_, last) = versions
    found = list(_between(last, new, model))
    seen = {(change.kind, change.path) for change in found}
    for version, content in reversed(earlier):
        for change in _between(content, new, model):
            breaks = change.breaks_backward or change.breaks_forward
            if breaks and (change.kind, change.path) not in seen:
                seen.add((change.kind, change.path))
                found.append(_since(change, version))
    return tuple(found)


def _between(old: ContractContent, new: ContractContent, model: ContentModel) -> tuple[Change, ...]:
    schema_changes = diff(old.schema, new.schema, model).changes
    return (*schema_changes, *compare_guarantees(old.guarantees, new.guarantees))


def _since(change: Change, version: str) -> Change:
    wire: JsonObject = change.to_wire()
    return Change.from_wire(wire | {"sentence": f"{change.sentence} (Compared with {version}.)"})
