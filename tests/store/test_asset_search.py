"""The search among 10,000 assets goes by its indexes."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text

from domain.assets import AssetFilter
from domain.pages import PageRequest
from store.asset_search import AssetSearch
from store.database import Database
from store.rows import new_id
from store.sql import Sql
from store.transaction import Transaction
from tests.support.figures import FIGURES

ASSETS = 10_000
_FILL = """
INSERT INTO assets (id, fqn, environment, kind, tags, owner_team_id, mode, content_model,
                    semver_mode, timeline, description)
SELECT gen_random_uuid(), 'd' || n % 40 || '.' || md5('s' || n % 400) || '.s' || n % 100 || n,
       'production', 'table', jsonb_build_array('tag' || n % 100), :team, 'backward', 'closed',
       'auto', '{}', 'About ' || md5('d' || n) || ' and ' || md5('e' || n)
FROM generate_series(1, :assets) AS n
"""


class Spy(Sql):
    """Keeps the statement that searches, to have it explained."""

    searched: tuple[Any, Any] | None = None

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        if "asset_texts" in str(statement):
            self.searched = statement, parameters
        return await super().execute(statement, parameters)


async def plan_of(tx: Transaction, words: str) -> Mapping[str, Any]:
    spy = Spy(tx.sql.connection)
    await AssetSearch(spy).page(PageRequest(), AssetFilter(text=words))
    assert spy.searched is not None
    made = spy.searched[0].compile(dialect=tx.sql.connection.dialect)
    values = tuple(made.params[name] for name in made.positiontup)
    explained = await tx.sql.connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {made}", values
    )
    found = explained.scalar_one()
    plan: Mapping[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]
    return plan


def indexes_in(plan: object) -> set[str]:
    if isinstance(plan, list):
        return set().union(*map(indexes_in, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own.union(*map(indexes_in, plan.values()))


async def test_ten_thousand_assets_are_searched_by_index(
    fresh_database_url: str, record_property: Callable[[str, object], None]
) -> None:
    async with Database.connect(fresh_database_url).closing() as database:

        async def fill(tx: Transaction) -> None:
            team = new_id()
            await tx.sql.execute(
                text("INSERT INTO teams (id, name) VALUES (:team, 'owner')"), {"team": team}
            )
            await tx.sql.execute(text(_FILL), {"team": team, "assets": ASSETS})
            await tx.sql.execute(
                text(
                    "UPDATE assets SET fqn = 'billing.invoices_eu' "
                    "WHERE id = (SELECT id FROM assets LIMIT 1)"
                )
            )

        async def analyze(tx: Transaction) -> None:
            for table in ("assets", "asset_texts"):
                await tx.sql.execute(text(f"ANALYZE {table}"))

        await database.run(fill)
        await database.run(analyze)
        wanted, misspelt = "invoices", "invocies"
        for words in (wanted, misspelt):

            async def search(tx: Transaction, words: str = words) -> None:
                plan = await plan_of(tx, words)
                assert {"ix_asset_texts_document", "ix_asset_texts_words"} <= indexes_in(plan)
                started = time.perf_counter()
                page = await tx.asset_search.page(PageRequest(), AssetFilter(text=words))
                took = (time.perf_counter() - started) * 1000
                assert page.items[0][0].fqn == "billing.invoices_eu"
                spelled = "rightly" if words == wanted else "wrongly"
                record_property(
                    FIGURES,
                    f"{ASSETS:,} assets, spelled {spelled}: {plan['Execution Time']:.1f} ms in "
                    f"Postgres, {took:.1f} ms in all",
                )

            await database.run(search)
