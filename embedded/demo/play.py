"""The whole story on one server, from the first team to the summary."""

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from rich.console import Console
from tessera_sdk import AsyncClient, ProblemError, TesseraError
from tessera_sdk.cli.exits import show_problem
from tessera_sdk.connection import LOOPBACK_HOSTS

from embedded.demo.bill_of_materials import Schemas, play_bill_of_materials
from embedded.demo.closing import summarise, try_next
from embedded.demo.customers import play_customers
from embedded.demo.expectations import StoryFailed
from embedded.demo.mailbox import Mailbox
from embedded.demo.scene import Scene
from embedded.demo.telling import Teller


@dataclass(frozen=True, slots=True)
class Place:
    """The server to play on. `ours`: started for the story; `stays_up`: also after its end."""

    url: str
    host: str
    api_key: str | None = field(repr=False)
    ours: bool
    stays_up: bool
    patience: float = 30.0  # for steps that take a second or two on a machine that is not busy


async def play(place: Place, console: Console) -> bool:
    """Play it; whether everything happened as it must. What did not is said."""
    teller = Teller(console)
    started = time.monotonic()
    try:
        scene = await _play(place, teller)
    except StoryFailed as failure:
        _fail(teller, str(failure))
    except ProblemError as problem:
        _fail(teller, "The server refused:")
        show_problem(problem, console)
    except TesseraError as error:
        _fail(teller, str(error))
    else:
        summarise(teller, scene.endings, time.monotonic() - started)
        asset = scene.endings[0].asset.partition(" ")[0]
        try_next(teller, asset, place.url, stays_up=place.stays_up)
        return True
    return False


async def _play(place: Place, teller: Teller) -> Scene:
    """Webhooks come only from a server on this machine: another one could not reach us."""
    async with AsyncExitStack() as open_:
        client = await open_.enter_async_context(
            AsyncClient(place.url, place.api_key, origin="cli")
        )
        near = place.host in LOOPBACK_HOSTS
        mailbox = await open_.enter_async_context(Mailbox.open()) if near else None
        scene = Scene(client, teller, mailbox, ours=place.ours, patience=place.patience)
        open_.push_async_callback(scene.stop_listening)
        schemas = Schemas.read()
        await play_customers(scene)
        await play_bill_of_materials(scene, schemas)
        return scene


def _fail(teller: Teller, why: str) -> None:
    teller.console.print()
    teller.refused(f"The story did not go as it must. {why}")
