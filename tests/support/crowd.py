"""Who is there before a test begins: more than a page of teams, assets, proposals and answers.

A test that finds what it made on the first page of a list only as long as few other tests ran
before it in the same database would fail once in many runs. Here it fails at once.
"""

from bench import large
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from tests.support.api_client import app_over, client_of

CROWD = large.Size(teams=120, assets=120, open=120, ended=120, readers=2, lineage=0)


async def gather(url: str) -> None:
    """Fill a migrated database."""
    async with (
        Notifier(url) as notifier,
        Database.connect(url, notifier=notifier, pool_size=1).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        Comparer(processes=1) as comparer,
        client_of(app_over(database, comparer, feed)) as client,
    ):
        ids = await large.example(client)
        await database.run(lambda tx: large.filled(tx, ids, CROWD))
