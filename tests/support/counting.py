"""How many statements a unit of work takes."""

from typing import TypeVar

from sqlalchemy import event

from store.database import Database, Work
from store.transaction import Transaction

T = TypeVar("T")


class Counting:
    """A runner that counts the statements of its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements = 0

    async def run(self, work: Work[T]) -> T:
        def count(*_: object) -> None:
            self.statements += 1

        async def counted(tx: Transaction) -> T:
            connection = tx.sql.connection.sync_connection
            event.listen(connection, "before_cursor_execute", count)
            try:
                result = await work(tx)
                await tx.finish()
                return result
            finally:
                event.remove(connection, "before_cursor_execute", count)

        return await self._database.run(counted)
