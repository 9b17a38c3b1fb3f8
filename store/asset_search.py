"""Finding assets by words, in Postgres: full text for what is meant, trigrams for what is misspelt.

`asset_texts` is written by triggers on assets and contracts (see the migration), in the transaction
that changes them: no path can forget it, and publishing costs no further round trip.
"""

import hashlib
import re
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from domain.assets import Asset, AssetFilter
from domain.errors import InvalidCursor
from domain.pages import Page, PageRequest
from domain.teams import Team
from store.assets import WITH_OWNER, AssetRow, narrowed, with_owner
from store.pages import read_cursor, read_whole, written_cursor
from store.rows import Row
from store.sql import Sql

LIKENESS = 0.4
"""How much alike a word and a misspelt one are, at the least: two letters swapped in nine."""
_WIDEN = select(func.set_config("pg_trgm.word_similarity_threshold", str(LIKENESS), true()))
_NO_WORD = re.compile(r"[\W_]+")


_AT_ONCE = {"fastupdate": "off"}
"""No list of what is still to be put in: every search would read it, or rather all rows."""


class AssetTextRow(Row):
    """What an asset is found by: `words` are its name and tags, `document` all there is."""

    __tablename__ = "asset_texts"

    asset_id: Mapped[UUID] = mapped_column(
        ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[str]
    document: Mapped[Any] = mapped_column(TSVECTOR)


Index(
    "ix_asset_texts_document",
    AssetTextRow.document,
    postgresql_using="gin",
    postgresql_with=_AT_ONCE,
)
Index(
    "ix_asset_texts_words",
    AssetTextRow.words,
    postgresql_using="gin",
    postgresql_ops={"words": "gin_trgm_ops"},
    postgresql_with=_AT_ONCE,
)


class AssetSearch:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def page(self, request: PageRequest, wanted: AssetFilter) -> Page[tuple[Asset, Team]]:
        """Return the assets that have the words, the best first.

        An asset is found if every word begins one of its own, if its name or a tag holds the text,
        or if they hold something that is spelled much like each word. Needs a transaction.
        """
        await self._widen()
        text = (wanted.text or "").strip().lower()
        listing = f"assets found {hashlib.sha256(repr(wanted).encode()).hexdigest()[:12]}"
        score = _score(text)
        statement = (
            narrowed(WITH_OWNER.add_columns(score.label("score")), wanted)
            .join(AssetTextRow, AssetTextRow.asset_id == AssetRow.id)
            .where(_holds(text))
        )
        if request.cursor is not None:
            statement = statement.where(
                tuple_(score, AssetRow.id) < tuple_(*_place(read_cursor(listing, request.cursor)))
            )
        ordered = statement.order_by(score.desc(), AssetRow.id.desc()).limit(request.limit + 1)
        rows = (await self._sql.execute(ordered)).all()
        shown = rows[: request.limit]
        more = len(rows) > request.limit
        return Page(
            items=tuple(with_owner(row) for row in shown),
            next=written_cursor(listing, f"{shown[-1].score} {shown[-1][0]}") if more else None,
        )

    async def ids(self, wanted: AssetFilter, limit: int) -> tuple[UUID, ...]:
        """Return the ids of at most so many assets that have the words. Needs a transaction."""
        await self._widen()
        text = (wanted.text or "").strip().lower()
        statement = (
            narrowed(select(AssetRow.id), wanted)
            .join(AssetTextRow, AssetTextRow.asset_id == AssetRow.id)
            .where(_holds(text))
            .order_by(AssetRow.id)
            .limit(limit)
        )
        return tuple(await self._sql.values(statement))

    async def _widen(self) -> None:
        """Let words be as unlike as a slip of the finger makes them, for this transaction."""
        await self._sql.execute(_WIDEN)

    async def environments(self) -> tuple[tuple[str, int], ...]:
        """Return every environment with how many assets are in it."""
        count = func.count()
        statement = (
            select(AssetRow.environment, count)
            .where(AssetRow.deleted_at.is_(None))
            .group_by(AssetRow.environment)
            .order_by(count.desc(), AssetRow.environment)
        )
        return tuple((name, number) for name, number in await self._sql.execute(statement))

    async def tags(self, limit: int) -> tuple[tuple[str, int], ...]:
        """Return the tags that most assets have, with how many have each."""
        each = (
            select(func.jsonb_array_elements_text(AssetRow.tags).label("tag"))
            .where(AssetRow.deleted_at.is_(None))
            .subquery()
        )
        count = func.count()
        statement = (
            select(each.c.tag, count)
            .group_by(each.c.tag)
            .order_by(count.desc(), each.c.tag)
            .limit(limit)
        )
        return tuple((name, number) for name, number in await self._sql.execute(statement))


def _holds(text: str) -> ColumnElement[bool]:
    """Whether a row has the words; each of these conditions has its index."""
    conditions = [
        AssetTextRow.words.contains(text, autoescape=True),
    ]
    if terms := _terms(text):
        like = [AssetTextRow.words.bool_op("%>")(term) for term in terms]
        conditions += [AssetTextRow.document.bool_op("@@")(_query(terms)), and_(*like)]
    return or_(*conditions)


def _score(text: str) -> ColumnElement[int]:
    """How well a row fits, in millionths: a whole number, so that a cursor can name it."""
    likeness = func.word_similarity(text, AssetTextRow.words)
    exact = case((func.lower(AssetRow.fqn) == text, 2.0), else_=0.0)
    score = likeness + exact
    if terms := _terms(text):
        score = score + func.ts_rank(AssetTextRow.document, _query(terms))
    return cast(score * 1_000_000, BigInteger)


def _terms(text: str) -> list[str]:
    return [term for term in _NO_WORD.split(text) if term]


def _query(terms: list[str]) -> ColumnElement[Any]:
    """The full-text query for assets of which some word begins with each of the terms."""
    return func.to_tsquery("simple", " & ".join(f"'{term}':*" for term in terms))


def _place(key: str) -> tuple[ColumnElement[int], ColumnElement[UUID]]:
    score, _, asset_id = key.partition(" ")
    try:
        return literal(read_whole(score), BigInteger), literal(UUID(asset_id))
    except ValueError:
        raise InvalidCursor("This cursor is damaged; start without one.") from None
