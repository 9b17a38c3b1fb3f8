"""How many statements a unit of work takes."""

from typing import TypeVar

from store.database import Database, Work
from store.transaction import Transaction

T = TypeVar("T")


class Counting:
    """A runner that counts the statements of its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements = 0

    async def run(self, work: Work[T]) -> T:
        async def counted(tx: Transaction) -> T:
            try:
                result = await work(tx)
                await tx.finish()
                return result
            finally:
                self.statements += tx.sql.ran

        return await self._database.run(counted)
