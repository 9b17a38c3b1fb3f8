"""Contracts in Postgres: at most one active version per asset, by index."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    UniqueConstraint,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Actor
from domain.contracts import BriefContract, Contract, ContractContent, ContractStatus
from domain.fields import Field
from domain.guarantees import Guarantees
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.schemas import Schema
from store.fixed import fixed
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, Wire, among, new_id, table_of
from store.sql import Sql

_ACTOR = Wire(Actor)
_FIELDS = TypeAdapter(tuple[Field, ...])


class ContractRow(Row):
    """One published version; immutable but for its status."""

    __tablename__ = "contracts"
    __table_args__ = (UniqueConstraint("asset_id", "version"),)

    id: Mapped[Id]
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    version: Mapped[str]
    status: Mapped[str]
    schema: Mapped[JsonObject]
    guarantees: Mapped[JsonObject]
    content_hash: Mapped[str]
    fields: Mapped[list[JsonObject]]
    proposal_id: Mapped[UUID | None] = mapped_column(ForeignKey("proposals.id"), unique=True)
    published_by: Mapped[JsonObject]
    published_at: Mapped[Stamp]
    deprecated_at: Mapped[datetime | None]


Index(
    "uq_contracts_one_active",
    ContractRow.asset_id,
    unique=True,
    postgresql_where=ContractRow.status == ContractStatus.ACTIVE.value,
)


_OF_VERSION = fixed(
    select(ContractRow.id).where(
        ContractRow.asset_id == bindparam("asset"), ContractRow.version == bindparam("number")
    )
)
_BRIEF = (
    select(
        *(ContractRow.id, ContractRow.version, ContractRow.status, ContractRow.proposal_id),
        *(ContractRow.published_by, ContractRow.published_at, ContractRow.deprecated_at),
    )
    .where(ContractRow.asset_id == bindparam("asset"))
    .order_by(ContractRow.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)
_DEPRECATE = fixed(
    update(table_of(ContractRow))
    .where(
        ContractRow.asset_id == bindparam("asset"),
        ContractRow.status == ContractStatus.ACTIVE.value,
    )
    .values(status=ContractStatus.DEPRECATED.value, deprecated_at=func.clock_timestamp())
    .returning(ContractRow.version)
)


class Contracts:
    """Reads and writes contracts; writing is done under the asset's lock."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert_active(
        self,
        *,
        asset_id: UUID,
        version: str,
        content: ContractContent,
        fields: tuple[Field, ...],
        proposal_id: UUID | None,
        published_by: Actor,
    ) -> Contract:
        """Insert the new active version; no other is active."""
        contract_id = new_id()
        row = {
            "id": contract_id,
            "asset_id": asset_id,
            "version": version,
            "status": ContractStatus.ACTIVE,
            "schema": content.schema.to_wire(),
            "guarantees": content.guarantees.to_wire(),
            "content_hash": content.content_hash,
            "fields": _FIELDS.dump_python(fields, mode="json"),
            "proposal_id": proposal_id,
            "published_by": _ACTOR.write(published_by),
        }
        return Contract(
            id=contract_id,
            asset_id=asset_id,
            version=version,
            status=ContractStatus.ACTIVE,
            content=content,
            content_hash=content.content_hash,
            fields=fields,
            proposal_id=proposal_id,
            published_by=published_by,
            published_at=await self._sql.stamped(ContractRow, row, ContractRow.published_at),
            deprecated_at=None,
        )

    async def has_version(self, asset_id: UUID, version: str) -> bool:
        """Whether some version of the asset has this number."""
        found = await self._sql.value(_OF_VERSION, {"asset": asset_id, "number": version})
        return found is not None

    async def deprecate_active(self, asset_id: UUID) -> str | None:
        """Deprecate the active version, if there is one, and return its number."""
        found = (await self._sql.execute(_DEPRECATE, {"asset": asset_id})).scalar_one_or_none()
        return None if found is None else str(found)

    async def retire(self, contract_id: UUID) -> None:
        """Retire a version, which is deprecated."""
        await self._sql.execute(
            update(ContractRow)
            .where(ContractRow.id == contract_id)
            .values(status=ContractStatus.RETIRED)
        )

    async def active(self, asset_id: UUID) -> Contract | None:
        """Return the active version of an asset."""
        statement = select(ContractRow).where(
            ContractRow.asset_id == asset_id, ContractRow.status == ContractStatus.ACTIVE
        )
        row = await self._sql.row(statement)
        return None if row is None else contract_from(row)

    async def active_id(self, asset_id: UUID) -> UUID | None:
        """Return the id of the active version, without its schema."""
        statement = select(ContractRow.id).where(
            ContractRow.asset_id == asset_id, ContractRow.status == ContractStatus.ACTIVE
        )
        return await self._sql.value(statement)

    async def active_paths(self, asset_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
        """Return the field paths of the active versions of these assets, by asset."""
        statement = select(ContractRow.asset_id, ContractRow.fields).where(
            ContractRow.asset_id.in_(set(asset_ids)), ContractRow.status == ContractStatus.ACTIVE
        )
        return {
            asset_id: frozenset(str(field["path"]) for field in fields)
            for asset_id, fields in await self._sql.execute(statement)
        }

    async def get(self, contract_id: UUID) -> Contract | None:
        """Return one version by its id."""
        row = await self._sql.row(select(ContractRow).where(ContractRow.id == contract_id))
        return None if row is None else contract_from(row)

    async def of_version(self, asset_id: UUID, version: str) -> Contract | None:
        """Return one version of an asset."""
        statement = select(ContractRow).where(
            ContractRow.asset_id == asset_id, ContractRow.version == version
        )
        row = await self._sql.row(statement)
        return None if row is None else contract_from(row)

    async def of_proposal(self, proposal_id: UUID) -> Contract | None:
        """Return the version that a proposal published."""
        statement = select(ContractRow).where(ContractRow.proposal_id == proposal_id)
        row = await self._sql.row(statement)
        return None if row is None else contract_from(row)

    async def all_of(self, asset_id: UUID) -> tuple[Contract, ...]:
        """Return every version, oldest first: what a transitive mode compares with."""
        statement = (
            select(ContractRow).where(ContractRow.asset_id == asset_id).order_by(ContractRow.id)
        )
        return tuple(contract_from(row) for row in await self._sql.rows(statement))

    async def all_of_these(self, asset_ids: Iterable[UUID]) -> Mapping[UUID, tuple[Contract, ...]]:
        """Return every version of each of these assets, oldest first."""
        statement = select(ContractRow).where(among(ContractRow.asset_id)).order_by(ContractRow.id)
        ids = list(set(asset_ids))
        found: dict[UUID, list[Contract]] = {asset_id: [] for asset_id in ids}
        for row in await self._sql.rows(statement, {"ids": ids}) if ids else ():
            found[row.asset_id].append(contract_from(row))
        return {asset_id: tuple(versions) for asset_id, versions in found.items()}

    async def versions(self, asset_id: UUID) -> tuple[str, ...]:
        """Return every version's number, oldest first."""
        statement = (
            select(ContractRow.version)
            .where(ContractRow.asset_id == asset_id)
            .order_by(ContractRow.id)
        )
        return tuple(await self._sql.values(statement))

    async def brief(self, asset_id: UUID, limit: int) -> tuple[BriefContract, ...]:
        """Return at most so many versions, newest first, without their content."""
        rows = (await self._sql.execute(_BRIEF, {"asset": asset_id, "most": limit})).all()
        return tuple(
            BriefContract(
                id=row.id,
                version=row.version,
                status=ContractStatus(row.status),
                proposal_id=row.proposal_id,
                published_by=_ACTOR.read(row.published_by),
                published_at=row.published_at,
                deprecated_at=row.deprecated_at,
            )
            for row in rows
        )

    async def page(
        self, request: PageRequest, *, asset_id: UUID, status: ContractStatus | None = None
    ) -> Page[Contract]:
        """Return versions of an asset, newest first."""
        statement = select(ContractRow).where(ContractRow.asset_id == asset_id)
        if status is not None:
            statement = statement.where(ContractRow.status == status)
        return await page_by_id(
            self._sql, "contracts", statement, ContractRow.id, request, contract_from
        )


def contract_from(row: ContractRow) -> Contract:
    """Return the domain value of a row."""
    return Contract(
        id=row.id,
        asset_id=row.asset_id,
        version=row.version,
        status=ContractStatus(row.status),
        content=ContractContent(
            schema=Schema.from_wire(row.schema), guarantees=Guarantees.from_wire(row.guarantees)
        ),
        content_hash=row.content_hash,
        fields=_FIELDS.validate_python(row.fields),
        proposal_id=row.proposal_id,
        published_by=_ACTOR.read(row.published_by),
        published_at=row.published_at,
        deprecated_at=row.deprecated_at,
    )
