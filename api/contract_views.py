"""A contract as it is shown, brief in listings and whole by itself, and what a publication did."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.proposal_views import ProposalView
from api.views import ChangeView, TeamRef, View
from domain.contracts import Contract, ContractStatus
from domain.fields import Field as SchemaField
from domain.proposals import Touched
from domain.publication import PublishAction, Verdict
from domain.teams import Team


class ContractView(View):
    """One published version, without its content."""

    id: UUID
    asset_id: UUID
    version: str
    status: ContractStatus
    content_hash: str
    proposal_id: UUID | None = Field(description="The proposal that it came from.")
    published_by: str
    published_at: datetime
    deprecated_at: datetime | None

    @classmethod
    def of(cls, contract: Contract) -> "ContractView":
        """Return the brief view of a contract."""
        return cls(
            id=contract.id,
            asset_id=contract.asset_id,
            version=contract.version,
            status=contract.status,
            content_hash=contract.content_hash,
            proposal_id=contract.proposal_id,
            published_by=contract.published_by.name,
            published_at=contract.published_at,
            deprecated_at=contract.deprecated_at,
        )


class FieldView(View):
    """One line of a contract's field tree, as a registration may name it."""

    path: str
    type: str
    nullable: bool
    required: bool
    description: str | None
    deprecated: bool

    @classmethod
    def of(cls, field: SchemaField) -> "FieldView":
        """Return the view of a field."""
        return cls(
            path=field.path,
            type=field.type,
            nullable=field.nullable,
            required=field.required,
            description=field.description,
            deprecated=field.deprecated,
        )


class ContractDetailView(ContractView):
    """One published version with its content."""

    format: str
    content: object = Field(
        serialization_alias="schema", description="The schema; null if it is a bundle."
    )
    documents: dict[str, object] | None = Field(description="A bundle's documents by URI.")
    root: str | None = Field(description="Which document of a bundle is the schema.")
    guarantees: dict[str, object]
    fields: list[FieldView]

    @classmethod
    def of(cls, contract: Contract) -> "ContractDetailView":
        """Return the whole view of a contract."""
        schema = contract.content.schema
        is_bundle = schema.root != ""
        return cls(
            **dict(ContractView.of(contract)),
            format=schema.format,
            content=None if is_bundle else schema.document,
            documents=dict(schema.documents) if is_bundle else None,
            root=schema.root if is_bundle else None,
            guarantees=dict(contract.content.guarantees.to_wire()),
            fields=[FieldView.of(field) for field in contract.fields],
        )


class TouchedView(View):
    """A team that would be asked, and why."""

    team: TeamRef
    reason: str
    fields: list[str]


class ToldView(TeamRef):
    """A team that is told without being asked, and why."""

    reason: str


class PublicationView(View):
    """What a publication did, or with `dry_run` what it would do."""

    action: PublishAction
    version: str = Field(description="Published, standing or proposed.")
    contract: ContractView | None = Field(description="What is active now because of it.")
    proposal: ProposalView | None = Field(description="The proposal that waits.")
    changes: list[ChangeView]
    told: list[ToldView] = Field(description="Consumers that are told and not asked.")
    base_moved_proposal: UUID | None = Field(
        description="An open proposal under which this was published."
    )


class PreviewView(PublicationView):
    """What a publication would do now; nothing is written."""

    would_ask: list[TouchedView]
    would_tell: list[ToldView]
    would_refuse: str | None = Field(
        description="The code of the problem that publishing would be answered with.",
        examples=["proposal_open"],
    )


def change_views(verdict: Verdict) -> list[ChangeView]:
    """Return the views of a verdict's changes, each saying whether it gates."""
    gating = {id(change) for change in verdict.gating}
    return [ChangeView.of(change, gating=id(change) in gating) for change in verdict.changes]


def told_views(told: Iterable[Touched], teams: Mapping[UUID, Team]) -> list[ToldView]:
    """Return the views of those who are told."""
    return [
        ToldView(id=each.team_id, name=teams[each.team_id].name, reason=each.reason)
        for each in told
    ]


def asked_views(asked: Iterable[Touched], teams: Mapping[UUID, Team]) -> list[TouchedView]:
    """Return the views of those who are asked."""
    return [
        TouchedView(
            team=TeamRef.of(teams[each.team_id]), reason=each.reason, fields=list(each.fields)
        )
        for each in asked
    ]
