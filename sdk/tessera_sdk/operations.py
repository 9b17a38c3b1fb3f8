"""One description of an operation, two ways to run it.

A noun's method builds a request as a value. Seen through a blocking client the method gives the
answer, through an asynchronous one it gives an awaitable; type checkers see the same.
"""

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Concatenate, Generic, ParamSpec, TypeVar, overload

from tessera_sdk.calls import Call
from tessera_sdk.models import Event, Page, Received
from tessera_sdk.runners import AsyncListing, AsyncRunner, BlockingRunner, Listing
from tessera_sdk.streams import EventStream

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT", bound=Received)
NounT = TypeVar("NounT")
RunnerT = TypeVar("RunnerT", bound=BlockingRunner | AsyncRunner)


class Noun(Generic[RunnerT]):
    """The operations on one noun, run by one client."""

    def __init__(self, runner: RunnerT) -> None:
        self.runner = runner


class Operation(Generic[P, T]):
    """A method that sends one request."""

    def __init__(self, build: Callable[..., Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, noun: Noun[BlockingRunner], owner: object) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, noun: Noun[AsyncRunner], owner: object
    ) -> Callable[P, Coroutine[None, None, T]]: ...
    def __get__(
        self, noun: Noun[BlockingRunner] | Noun[AsyncRunner], owner: object
    ) -> Callable[P, T | Coroutine[None, None, T]]:
        @functools.wraps(self._build)
        def run(*args: P.args, **kwargs: P.kwargs) -> T | Coroutine[None, None, T]:
            return noun.runner.run(self._build(noun, *args, **kwargs))

        return run


class ListOperation(Generic[P, ItemT]):
    """A method that reads a listing, page by page."""

    def __init__(self, build: Callable[..., Call[Page[ItemT]]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, noun: Noun[BlockingRunner], owner: object) -> Callable[P, Listing[ItemT]]: ...
    @overload
    def __get__(
        self, noun: Noun[AsyncRunner], owner: object
    ) -> Callable[P, AsyncListing[ItemT]]: ...
    def __get__(
        self, noun: Noun[BlockingRunner] | Noun[AsyncRunner], owner: object
    ) -> Callable[P, Listing[ItemT] | AsyncListing[ItemT]]:
        @functools.wraps(self._build)
        def run(*args: P.args, **kwargs: P.kwargs) -> Listing[ItemT] | AsyncListing[ItemT]:
            return noun.runner.listing(self._build(noun, *args, **kwargs))

        return run


class StreamOperation(Generic[P]):
    """A method that follows a stream of events."""

    def __init__(self, build: Callable[..., EventStream]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(
        self, noun: Noun[BlockingRunner], owner: object
    ) -> Callable[P, Generator[Event, None, None]]: ...
    @overload
    def __get__(
        self, noun: Noun[AsyncRunner], owner: object
    ) -> Callable[P, AsyncGenerator[Event, None]]: ...
    def __get__(
        self, noun: Noun[BlockingRunner] | Noun[AsyncRunner], owner: object
    ) -> Callable[P, Generator[Event, None, None] | AsyncGenerator[Event, None]]:
        @functools.wraps(self._build)
        def run(
            *args: P.args, **kwargs: P.kwargs
        ) -> Generator[Event, None, None] | AsyncGenerator[Event, None]:
            return noun.runner.stream(self._build(noun, *args, **kwargs))

        return run


class DownloadOperation(Generic[P]):
    """A method that receives a file, in pieces."""

    def __init__(self, build: Callable[..., Call[None]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(
        self, noun: Noun[BlockingRunner], owner: object
    ) -> Callable[P, Generator[bytes, None, None]]: ...
    @overload
    def __get__(
        self, noun: Noun[AsyncRunner], owner: object
    ) -> Callable[P, AsyncGenerator[bytes, None]]: ...
    def __get__(
        self, noun: Noun[BlockingRunner] | Noun[AsyncRunner], owner: object
    ) -> Callable[P, Generator[bytes, None, None] | AsyncGenerator[bytes, None]]:
        @functools.wraps(self._build)
        def run(
            *args: P.args, **kwargs: P.kwargs
        ) -> Generator[bytes, None, None] | AsyncGenerator[bytes, None]:
            return noun.runner.download(self._build(noun, *args, **kwargs))

        return run


def operation(build: Callable[Concatenate[NounT, P], Call[T]]) -> Operation[P, T]:
    return Operation(build)


def listing(build: Callable[Concatenate[NounT, P], Call[Page[ItemT]]]) -> ListOperation[P, ItemT]:
    return ListOperation(build)


def stream(build: Callable[Concatenate[NounT, P], EventStream]) -> StreamOperation[P]:
    return StreamOperation(build)


def download(build: Callable[Concatenate[NounT, P], Call[None]]) -> DownloadOperation[P]:
    return DownloadOperation(build)
