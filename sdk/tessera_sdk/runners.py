"""The two ways to carry out requests: blocking and asynchronous. All decisions are elsewhere."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing
from typing import Generic, TypeVar

import httpx

from tessera_sdk.calls import Call, after
from tessera_sdk.connection import Connection
from tessera_sdk.errors import UnreachableError
from tessera_sdk.exchange import Exchange, Pause, problem_of, reason_of
from tessera_sdk.models import Event, Page, Received
from tessera_sdk.streams import EventStream, Subscription

T = TypeVar("T")
ItemT = TypeVar("ItemT", bound=Received)


class BlockingRunner:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = httpx.Client(**connection.http_options)

    def close(self) -> None:
        self._http.close()

    def run(self, call: Call[T]) -> T:
        exchange = Exchange(call, self._connection.retries, self._connection.url)
        while True:
            verdict = exchange.judge(self._send(call))
            if not isinstance(verdict, Pause):
                return verdict.value
            time.sleep(verdict.seconds)

    def listing(self, call: Call[Page[ItemT]]) -> "Listing[ItemT]":
        return Listing(self, call)

    def stream(self, stream: EventStream) -> Generator[Event, None, None]:
        subscription = Subscription(stream, self._connection.retries, self._connection.url)
        while True:
            failure: httpx.TransportError | None = None
            try:
                yield from self._connect(stream, subscription)
            except httpx.TransportError as error:
                failure = error
            time.sleep(subscription.pause(failure))

    def download(self, call: Call[None]) -> Generator[bytes, None, None]:
        """The pieces of a file. One that breaks off is not begun again: it raises."""
        try:
            response = self._http.send(self._connection.request(self._http, call), stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise problem_of(response)
                yield from response.iter_bytes()
            finally:
                response.close()
        except httpx.TransportError as error:
            raise UnreachableError(self._connection.url, reason_of(error)) from error

    def _connect(self, stream: EventStream, subscription: Subscription) -> Iterator[Event]:
        request = self._connection.stream_request(self._http, stream, subscription)
        response = self._http.send(request, stream=True)
        try:
            if not response.is_success:
                response.read()
            if subscription.opened(response):
                for text in response.iter_text():
                    yield from subscription.feed(text)
        finally:
            response.close()

    def _send(self, call: Call[T]) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(self._connection.request(self._http, call))
        except httpx.TransportError as error:
            return error


class AsyncRunner:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = httpx.AsyncClient(**connection.http_options)

    async def close(self) -> None:
        await self._http.aclose()

    async def run(self, call: Call[T]) -> T:
        exchange = Exchange(call, self._connection.retries, self._connection.url)
        while True:
            verdict = exchange.judge(await self._send(call))
            if not isinstance(verdict, Pause):
                return verdict.value
            await asyncio.sleep(verdict.seconds)

    def listing(self, call: Call[Page[ItemT]]) -> "AsyncListing[ItemT]":
        return AsyncListing(self, call)

    async def stream(self, stream: EventStream) -> AsyncGenerator[Event, None]:
        subscription = Subscription(stream, self._connection.retries, self._connection.url)
        while True:
            failure: httpx.TransportError | None = None
            try:
                async with aclosing(self._connect(stream, subscription)) as events:
                    async for event in events:
                        yield event
            except httpx.TransportError as error:
                failure = error
            await asyncio.sleep(subscription.pause(failure))

    async def download(self, call: Call[None]) -> AsyncGenerator[bytes, None]:
        """The same, to be iterated with `async for`."""
        request = self._connection.request(self._http, call)
        try:
            response = await self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise problem_of(response)
                async for piece in response.aiter_bytes():
                    yield piece
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise UnreachableError(self._connection.url, reason_of(error)) from error

    async def _connect(
        self, stream: EventStream, subscription: Subscription
    ) -> AsyncGenerator[Event, None]:
        request = self._connection.stream_request(self._http, stream, subscription)
        response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                await response.aread()
            if subscription.opened(response):
                async for text in response.aiter_text():
                    for event in subscription.feed(text):
                        yield event
        finally:
            await response.aclose()

    async def _send(self, call: Call[T]) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(self._connection.request(self._http, call))
        except httpx.TransportError as error:
            return error


class Listing(Generic[ItemT]):
    """A listing: iterate over it to get every item, pages being fetched on the way."""

    def __init__(self, runner: BlockingRunner, call: Call[Page[ItemT]]) -> None:
        self._runner = runner
        self._call = call

    def page(self) -> Page[ItemT]:
        """The one page that was asked for, with the cursor of the next."""
        return self._runner.run(self._call)

    def pages(self) -> Iterator[Page[ItemT]]:
        call = self._call
        while True:
            page = self._runner.run(call)
            yield page
            if page.next is None:
                return
            call = after(self._call, page.next)

    def __iter__(self) -> Iterator[ItemT]:
        for page in self.pages():
            yield from page.items


class AsyncListing(Generic[ItemT]):
    """The same, to be iterated with `async for`."""

    def __init__(self, runner: AsyncRunner, call: Call[Page[ItemT]]) -> None:
        self._runner = runner
        self._call = call

    async def page(self) -> Page[ItemT]:
        """The one page that was asked for, with the cursor of the next."""
        return await self._runner.run(self._call)

    async def pages(self) -> AsyncIterator[Page[ItemT]]:
        call = self._call
        while True:
            page = await self._runner.run(call)
            yield page
            if page.next is None:
                return
            call = after(self._call, page.next)

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        async for page in self.pages():
            for item in page.items:
                yield item
