"""Secrets of webhooks as the database keeps them, and under which key."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from record import secrets, slack_workspace, teams
from store.database import Database
from store.encrypted_columns import BATCH, DESTINATION_SECRET, ENCRYPTED
from store.encryption import Encryption, Standing
from store.schema import METADATA
from store.slack_installations import SlackInstallation
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.facts import CALLER

OLD, NEW = Encryption([b"1" * 32]), Encryption([b"2" * 32, b"1" * 32])
URL = "https://hooks.example.com/tessera"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Databases:
    """The same database, as servers with other keys have it."""

    def __init__(self, plain: Database, old: Database, new: Database) -> None:
        self.plain, self.old, self.new = plain, old, new


@pytest.fixture
async def databases(fresh_database_url: str) -> AsyncIterator[Databases]:
    connect = Database.connect
    async with (
        connect(fresh_database_url).closing() as plain,
        connect(fresh_database_url, encryption=OLD).closing() as old,
        connect(fresh_database_url, encryption=NEW).closing() as new,
    ):
        yield Databases(plain, old, new)


async def with_secret(database: Database, name: str, secret: str = SECRET) -> UUID:
    team = await teams.create(database, CALLER, name)
    await webhooks.set_webhook(database, CALLER, team.id, URL, secret)
    return team.id


async def kept(database: Database) -> list[str]:
    """What stands in the table, read past everything."""

    async def work(tx: Transaction) -> list[str]:
        found = await tx.sql.execute(text("SELECT secret FROM destinations ORDER BY id"))
        return list(found.scalars())

    return await database.run(work)


async def secret_of(database: Database, team_id: UUID) -> str | None:
    return (await webhooks.webhook_of(database, team_id)).secret


async def test_no_secret_stands_in_the_database(databases: Databases) -> None:
    team = await with_secret(databases.old, "marketing")
    (there,) = await kept(databases.old)
    assert SECRET not in there
    assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in there
    assert await secret_of(databases.old, team) == SECRET


async def test_setting_a_webhook_again_keeps_its_row_and_encrypts_for_it(
    databases: Databases,
) -> None:
    team = await with_secret(databases.old, "marketing")
    first = await webhooks.webhook_of(databases.old, team)
    await webhooks.set_webhook(databases.old, CALLER, team, URL, "another one of 22 bytes")
    again = await webhooks.webhook_of(databases.old, team)
    assert (again.id, again.secret) == (first.id, "another one of 22 bytes")


async def test_many_who_set_the_same_webhook_at_once_leave_one(databases: Databases) -> None:
    team = await with_secret(databases.old, "marketing")
    await webhooks.remove_webhook(databases.old, CALLER, team)
    await asyncio.gather(
        *(
            webhooks.set_webhook(databases.old, CALLER, team, URL, f"secret number {number:04}")
            for number in range(12)
        )
    )
    assert len(await kept(databases.old)) == 2
    assert str(await secret_of(databases.old, team)).startswith("secret number ")


async def test_a_secret_moved_to_another_row_is_not_taken_for_its_own(
    databases: Databases,
) -> None:
    rich, poor = await with_secret(databases.old, "rich"), await with_secret(databases.old, "poor")

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "UPDATE destinations SET secret ="
                " (SELECT secret FROM destinations WHERE owner = :poor) WHERE owner = :rich"
            ),
            {"poor": str(poor), "rich": str(rich)},
        )

    await databases.old.run(work)
    assert await secret_of(databases.old, rich) is None
    assert await secret_of(databases.old, poor) == SECRET


async def test_rotation_brings_everything_under_the_first_key(databases: Databases) -> None:
    plain = await with_secret(databases.plain, "plain", "a secret from long ago")
    old = await with_secret(databases.old, "old")
    new = await with_secret(databases.new, "new")
    assert await standings(databases.new) == {
        Standing.PLAIN: 1,
        Standing.OLD_KEY: 1,
        Standing.CURRENT: 1,
    }
    done, *_ = await secrets.rotate(databases.new)
    assert (done.column, done.encrypted, done.unreadable) == ("destinations.secret", 2, ())
    assert await standings(databases.new) == {Standing.CURRENT: 3}
    assert [await secret_of(databases.new, team) for team in (plain, old, new)] == [
        "a secret from long ago",
        SECRET,
        SECRET,
    ]
    before = await kept(databases.new)
    again, *_ = await secrets.rotate(databases.new)
    assert again.encrypted == 0
    assert await kept(databases.new) == before


async def test_what_no_key_decrypts_is_told_and_left(databases: Databases) -> None:
    lost = await with_secret(databases.new, "lost")
    await with_secret(databases.plain, "plain")
    before = await kept(databases.new)
    done, *_ = await secrets.rotate(databases.old)
    assert (done.encrypted, len(done.unreadable)) == (1, 1)
    assert (await kept(databases.new))[0] == before[0]
    assert await secret_of(databases.old, lost) is None
    assert await secret_of(databases.new, lost) == SECRET


async def test_rotation_goes_through_as_many_as_there_are(databases: Databases) -> None:
    count = 2 * BATCH + 7

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "INSERT INTO destinations (id, owner, kind, name, address, subscription, pace,"
                " secret, removed_at) SELECT gen_random_uuid(), n, 'webhook', 'webhook',"
                " 'https://x', '{}', 'at_once', 'secret ' || n, now()"
                " FROM generate_series(1, :count) AS n"
            ),
            {"count": count},
        )

    await databases.plain.run(work)
    done, *_ = await secrets.rotate(databases.old)
    assert done.encrypted == count
    assert await standings(databases.old) == {Standing.CURRENT: count}


async def test_the_token_of_slack_is_rotated_with_the_rest(databases: Databases) -> None:
    installation = SlackInstallation(
        workspace_id="T1",
        workspace_name="Tessera",
        bot_user_id=None,
        scopes="commands",
        token="xoxb-of-the-workspace",
    )
    await slack_workspace.install(databases.old, CALLER, installation)
    done = {each.column: each for each in await secrets.rotate(databases.new)}
    assert done["slack_installations.token"].encrypted == 1
    found = await databases.new.read(lambda tx: tx.slack_installations.current())
    assert found == installation
    lost = await databases.plain.read(lambda tx: tx.slack_installations.current())
    assert lost is not None
    assert lost.token is None


async def standings(database: Database) -> dict[Standing, int]:
    return dict(await secrets.standings(database))


def test_every_column_that_is_called_a_secret_is_among_the_encrypted() -> None:
    told = {(each.table, each.column) for each in ENCRYPTED}
    called = {
        (table.name, column.name)
        for table in METADATA.tables.values()
        for column in table.columns
        if any(word in column.name for word in ("secret", "token", "password"))
    }
    assert called <= told
    assert (DESTINATION_SECRET.table, DESTINATION_SECRET.column) in told
