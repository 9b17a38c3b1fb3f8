"""Fixed statements: the driver runs them, and whoever asks cannot tell."""

from typing import cast

import pytest
from sqlalchemy import Text, bindparam, func, select, text
from sqlalchemy.engine import make_url

from store.assets import AssetRow
from store.database import Database
from store.fixed import FixedStatement, FixedStatements, every_fixed, fixed
from store.rows import written_out
from store.sql import Sql
from store.teams import TeamRow
from store.transaction import Transaction
from tests.support.facts import Facts

_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()
_NAMED = fixed(
    select(AssetRow, TeamRow.name.label("owner"), func.count().over())
    .join_from(AssetRow, TeamRow, TeamRow.id == AssetRow.owner_team_id)
    .where(AssetRow.fqn == bindparam("fqn"), TeamRow.deleted_at.is_(None))
    .where(bindparam("word", "usual", Text()).in_(written_out(["usual", "other"])))
)


def test_each_of_them_can_be_written_once() -> None:
    statements = every_fixed()

    assert len(statements) > 30
    for statement in statements:
        FixedStatement(statement, _DIALECT)


def test_a_list_of_any_length_cannot_be_written_once() -> None:
    with pytest.raises(AssertionError, match="another text at each call"):
        FixedStatement(select(TeamRow.id).where(TeamRow.name.in_(["a", "b"])), _DIALECT)


async def test_they_give_what_sqlalchemy_gives(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    given = {"fqn": asset.fqn}

    async def work(tx: Transaction) -> None:
        driven = (await tx.sql.execute(_NAMED, given)).one()
        usual = (await Sql(tx.sql.connection).execute(_NAMED, given)).one()

        assert driven == usual
        assert driven._fields == usual._fields
        assert (driven.fqn, driven.tags, driven.timeline) == (asset.fqn, [], {})
        assert not (await tx.sql.execute(_NAMED, {**given, "word": "third"})).all()

    await facts.database.read(work)
    await facts.database.run(work)


async def test_what_is_not_given_is_never_taken_for_null(facts: Facts) -> None:
    with pytest.raises(TypeError, match="not given: fqn"):
        await facts.database.read(lambda tx: tx.sql.execute(_NAMED, {}))


async def test_what_was_written_in_a_transaction_is_read_by_them_and_taken_back_with_it(
    facts: Facts,
) -> None:
    owner = await facts.team("owner")
    asset = await facts.asset(owner)

    async def work(tx: Transaction) -> None:
        await tx.assets.delete([asset.id])
        assert await tx.assets.get(asset.id) is None
        raise LookupError

    with pytest.raises(LookupError):
        await facts.database.run(work)
    assert await facts.database.read(lambda tx: tx.assets.get(asset.id)) == asset


async def test_a_connection_that_is_lost_before_one_is_dialled_anew(
    database_url: str, facts: Facts
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    runs = 0

    async with Database.connect(database_url, pool_size=1).closing() as database:

        async def work(tx: Transaction) -> bool:
            nonlocal runs
            runs += 1
            pid = (await tx.sql.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            if runs == 1:
                await _ended(facts.database, cast("int", pid))
            return await tx.assets.get(asset.id) == asset

        assert await database.run(work)
    assert runs == 2


async def test_who_only_reads_writes_by_none_of_them(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))

    async def work(tx: Transaction) -> None:
        await tx.contracts.deprecate_active(asset.id)

    with pytest.raises(AssertionError, match="only reads"):
        await facts.database.read(work)


async def test_a_statement_is_found_out_once(database: Database) -> None:
    known = FixedStatements(_DIALECT)

    assert known.get(_NAMED) is known.get(_NAMED)
    assert known.get(select(TeamRow)) is None


async def _ended(database: Database, pid: int) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    await database.read(work)
