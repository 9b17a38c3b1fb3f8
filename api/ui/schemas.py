"""The schemas of a proposal as the pages show them: as text, beside one another, and by field."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.call import Call
from api.proposal_views import ProposalView, proposal_view
from api.ui.side_by_side import Stretch, side_by_side
from domain.contracts import ContractContent
from domain.fields import Field
from domain.proposals import Proposal
from record import lookup
from store.transaction import Transaction

INLINE = 30_000
"""Characters of a schema up to which it stands on the page itself."""
_MOST = 500
"""Lines that differ, with those around them, up to which both stand beside one another."""
_OPEN = 60
"""Lines up to which that is shown at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaText:
    """A schema with its guarantees as text; None where it is too long to stand on the page."""

    version: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schemas:
    """The proposed schema, and beside it the one that was active, if both are short enough."""

    texts: tuple[SchemaText, ...]
    beside: tuple[Stretch, ...]

    @property
    def at_once(self) -> bool:
        """Whether what differs is short enough to be shown without being asked for."""
        return _in_sight(self.beside) <= _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is proposed, and what was active when it was."""

    proposed: tuple[str, ContractContent]
    base: tuple[str, ContractContent] | None
    fields: Mapping[str, Field]
    """Of the base, by path."""

    @property
    def by_version(self) -> dict[str, ContractContent]:
        """Both, the proposed one first."""
        return dict([self.proposed, *([] if self.base is None else [self.base])])


async def contents(tx: Transaction, proposal: Proposal) -> Contents:
    """Read both contents of a proposal."""
    proposed = (proposal.version, proposal.content)
    if proposal.base_contract_id is None:
        return Contents(proposed=proposed, base=None, fields={})
    contract = await lookup.contract(tx, proposal.base_contract_id)
    return Contents(
        proposed=proposed,
        base=(contract.version, contract.content),
        fields={field.path: field for field in contract.fields},
    )


def shown(found: Contents) -> Schemas:
    """Return both schemas, and how they differ by line."""
    texts = {version: written(content) for version, content in found.by_version.items()}
    short = all(len(text) <= INLINE for text in texts.values())
    beside: Sequence[Stretch] = ()
    if short and found.base is not None and len(texts) == 2:
        beside = side_by_side(texts[found.base[0]], texts[found.proposed[0]])
    if _in_sight(beside) > _MOST:
        beside = ()
    return Schemas(
        texts=tuple(
            SchemaText(version=version, text=text if len(text) <= INLINE else None)
            for version, text in texts.items()
        ),
        beside=tuple(beside),
    )


def _in_sight(beside: Sequence[Stretch]) -> int:
    return sum(len(each.pairs) for each in beside if not each.folded)


async def read_schemas(call: Call, proposal_id: UUID) -> tuple[ProposalView, dict[str, str]]:
    """Return the proposal and its whole schemas by version, the proposed one first."""

    async def work(tx: Transaction) -> tuple[ProposalView, dict[str, str]]:
        proposal = await lookup.proposal(tx, proposal_id)
        found = await contents(tx, proposal)
        view = await proposal_view(tx, call.resources, proposal_id)
        return view, {version: written(each) for version, each in found.by_version.items()}

    return await call.resources.database.read(work)


def written(content: ContractContent) -> str:
    """Return a schema, and its guarantees if there are any, as people read JSON."""
    text = document_of(content)
    guarantees = content.guarantees.to_wire()
    if guarantees:
        text += "\n\nguarantees\n" + json.dumps(guarantees, indent=2, ensure_ascii=False)
    return text


def document_of(content: ContractContent) -> str:
    """Return the schema, or the documents of a bundle by URI."""
    schema = content.schema
    document: object = schema.document if len(schema.documents) == 1 else dict(schema.documents)
    return json.dumps(document, indent=2, ensure_ascii=False)
