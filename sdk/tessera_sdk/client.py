"""The two clients. They differ in how they wait and in nothing else."""

from types import TracebackType
from typing import Generic, Self

from tessera_sdk.connection import Connection
from tessera_sdk.exchange import Retries
from tessera_sdk.nouns.api_keys import ApiKeys
from tessera_sdk.nouns.assets import Assets
from tessera_sdk.nouns.comments import Comments
from tessera_sdk.nouns.contracts import Contracts
from tessera_sdk.nouns.deliveries import Deliveries
from tessera_sdk.nouns.dependencies import Dependencies
from tessera_sdk.nouns.destinations import Destinations
from tessera_sdk.nouns.events import Events
from tessera_sdk.nouns.inbox import Inbox
from tessera_sdk.nouns.proposals import Proposals
from tessera_sdk.nouns.registrations import Registrations
from tessera_sdk.nouns.releases import Releases
from tessera_sdk.nouns.reports import Reports
from tessera_sdk.nouns.retirements import Retirements
from tessera_sdk.nouns.teams import Teams
from tessera_sdk.nouns.users import Users
from tessera_sdk.operations import RunnerT
from tessera_sdk.runners import AsyncRunner, BlockingRunner


class Nouns(Generic[RunnerT]):
    """Everything one can ask a server, by noun."""

    def __init__(self, runner: RunnerT) -> None:
        self._runner = runner
        self.teams = Teams(runner)
        self.assets = Assets(runner)
        self.contracts = Contracts(runner)
        self.registrations = Registrations(runner)
        self.proposals = Proposals(runner)
        self.comments = Comments(runner)
        self.dependencies = Dependencies(runner)
        self.releases = Releases(runner)
        self.retirements = Retirements(runner)
        self.inbox = Inbox(runner)
        self.reports = Reports(runner)
        self.events = Events(runner)
        self.destinations = Destinations(runner)
        self.deliveries = Deliveries(runner)
        self.users = Users(runner)
        self.api_keys = ApiKeys(runner)


class Client(Nouns[BlockingRunner]):
    """A blocking client; safe to share between threads, to be closed or used with `with`.

    `url` and `api_key` come from `TESSERA_URL` (else http://localhost:8000) and `TESSERA_API_KEY`
    when they are not given. `timeout` is in seconds, for one attempt.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        origin: str = "sdk",
    ) -> None:
        super().__init__(
            BlockingRunner(
                Connection.resolve(
                    url, api_key, origin=origin, timeout=timeout, retries=retries or Retries()
                )
            )
        )

    def close(self) -> None:
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(Nouns[AsyncRunner]):
    """The same, to be awaited; `async with AsyncClient() as client` closes it."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
        origin: str = "sdk",
    ) -> None:
        super().__init__(
            AsyncRunner(
                Connection.resolve(
                    url, api_key, origin=origin, timeout=timeout, retries=retries or Retries()
                )
            )
        )

    async def close(self) -> None:
        await self._runner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
