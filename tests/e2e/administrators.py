"""Two persons, for what takes more than one."""

from contextlib import AsyncExitStack

from tessera_sdk import AsyncClient

from tests.support.api_client import unique


async def two_administrators(
    exits: AsyncExitStack, client: AsyncClient, url: str
) -> list[AsyncClient]:
    """Two persons who may force, each with a client of their own."""
    persons = []
    for _ in range(2):
        name = unique("administrator")
        user = await client.users.create(name, email=f"{name}@tessera.test", administrator=True)
        made = await client.api_keys.create(name, user_id=user.id, scope="admin")
        persons.append(await exits.enter_async_context(AsyncClient(url, made.key, timeout=60)))
    return persons
