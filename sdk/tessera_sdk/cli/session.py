"""One command's conversation with the server: the client, names to ids, and how failures end it."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

if TYPE_CHECKING:
    from pydantic import JsonValue
    from rich.console import RenderableType

    from tessera_sdk.client import Client
    from tessera_sdk.models import (
        Asset,
        Contract,
        Page,
        Proposal,
        Received,
        Registration,
        Team,
    )
    from tessera_sdk.names import AssetName
    from tessera_sdk.runners import Listing

ItemT = TypeVar("ItemT", bound="Received")
ReportT = TypeVar("ReportT", bound="Page[Any]")


@dataclass(frozen=True, slots=True)
class Target:
    """The server that the command line names; `None` leaves it to the environment."""

    url: str | None = None
    api_key: str | None = field(default=None, repr=False)


@contextmanager
def session(ctx: typer.Context, *, as_json: bool = False) -> "Iterator[Session]":
    """Open a client for one command. A refusal is shown and ends the command with its exit code."""
    from tessera_sdk.cli.exits import exit_code_of, show_error
    from tessera_sdk.client import Client
    from tessera_sdk.errors import TesseraError

    target = ctx.find_object(Target) or Target()
    try:
        with Client(target.url, target.api_key, origin="cli") as client:
            yield Session(client, as_json)
    except TesseraError as error:
        show_error(error, as_json=as_json)
        raise typer.Exit(exit_code_of(error)) from None


class Session:
    def __init__(self, client: "Client", as_json: bool) -> None:
        self.client = client
        self.as_json = as_json
        self._team_names: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}

    # --- names to things ---------------------------------------------------------------------

    def team(self, name_or_id: str) -> "Team":
        team = self.client.teams.find(name_or_id)
        self._team_names[team.id] = team.name
        return team

    def asset(self, name_or_id: str) -> "Asset":
        self.asset_words(name_or_id)
        asset = self.client.assets.find(name_or_id)
        self._assets[asset.id] = asset
        return asset

    def deleted_team(self, name_or_id: str) -> "Team":
        """The team of this id, or the newest deleted one of this name."""
        from tessera_sdk.errors import not_found
        from tessera_sdk.names import is_id

        if is_id(name_or_id):
            return self.client.teams.get(name_or_id, deleted="include")
        for team in self.client.teams.list(name=name_or_id, deleted="only", limit=1):
            return team
        raise not_found(f"There is no deleted team called {name_or_id!r}.")

    def deleted_asset(self, name_or_id: str) -> "Asset":
        """The asset of this id, or the newest deleted one of this name."""
        from tessera_sdk.errors import not_found
        from tessera_sdk.names import is_id

        if is_id(name_or_id):
            return self.client.assets.get(name_or_id, deleted="include")
        words = self.asset_words(name_or_id)
        for asset in self.client.assets.list(
            fqn=words.fqn, environment=words.environment, deleted="only", limit=1
        ):
            return asset
        raise not_found(f"There is no deleted asset called {name_or_id!r}.")

    def asset_words(self, name: str) -> "AssetName":
        """FQN and environment of a name; one that cannot be read is a usage error."""
        from tessera_sdk.names import AssetName

        try:
            return AssetName.parse(name)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="ASSET") from None

    def active_version(self, asset: "Asset") -> str:
        from tessera_sdk.errors import not_found

        for contract in self.client.contracts.list(asset.id, status="active"):
            return contract.version
        raise not_found(f"`{asset.fqn}` has no active contract.")

    def contract(self, name_or_id: str, version: str | None = None) -> "Contract":
        """By id, or an asset's active contract, or the asset's contract of that version."""
        from tessera_sdk.errors import ProblemError, not_found
        from tessera_sdk.names import is_id

        if version is None and is_id(name_or_id):
            try:
                return self.client.contracts.get(name_or_id)
            except ProblemError as problem:
                if problem.status != 404:
                    raise
        asset = self.asset(name_or_id)
        listed = self.client.contracts.list(asset.id, status=None if version else "active")
        for contract in listed:
            if version is None or contract.version == version:
                return self.client.contracts.get(contract.id)
        sought = f"version {version}" if version else "active contract"
        raise not_found(f"{asset.fqn} has no {sought}.")

    def proposal(self, name_or_id: str, include: Sequence[str] = ()) -> "Proposal":
        """By id, or an asset's open proposal, or else the asset's latest one."""
        from tessera_sdk.errors import ProblemError, not_found
        from tessera_sdk.names import is_id

        if is_id(name_or_id):
            try:
                return self.client.proposals.get(name_or_id, include=include)
            except ProblemError as problem:
                if problem.status != 404:
                    raise
        asset = self.asset(name_or_id)
        latest = self.latest_proposal(asset.id)
        if latest is None:
            raise not_found(f"{asset.fqn} has no proposal.")
        return self.client.proposals.get(latest.id, include=include)

    def latest_proposal(self, asset_id: str) -> "Proposal | None":
        # Listings are newest first, and an asset opens no second proposal before the first ended.
        newest = self.client.proposals.list(asset_id=asset_id, limit=1).page().items
        return newest[0] if newest else None

    # --- ids to names: the server mentions some things with their names, others by id alone ------

    def owner_name(self, asset: "Asset") -> str:
        return asset.owner.name if asset.owner else self._team_name(asset.owner_team_id)

    def consumer_name(self, registration: "Registration") -> str:
        if registration.consumer is not None:
            return registration.consumer.name
        return self._team_name(registration.consumer_team_id)

    def asset_name(self, registration: "Registration") -> str:
        from tessera_sdk.cli.screens.assets import name_of

        if registration.asset is not None:
            return name_of(registration.asset)
        id_ = registration.asset_id or ""
        if id_ not in self._assets:
            self._assets[id_] = self.client.assets.get(id_)
        return name_of(self._assets[id_])

    def _team_name(self, team_id: str | None) -> str:
        """The name behind an id, asked for once."""
        if team_id is None:
            return ""
        if team_id not in self._team_names:
            self._team_names[team_id] = self.client.teams.get(team_id).name
        return self._team_names[team_id]

    # --- answers to the reader -----------------------------------------------------------------

    def show(self, answer: "Received", render: "Callable[[], Iterator[RenderableType]]") -> None:
        """The answer as JSON or, rendered, for people."""
        from tessera_sdk.cli.screen import out, write

        if self.as_json:
            self.print_json(answer.wire)
            return
        console = out()
        for part in render():
            write(console, part)

    def show_listing(
        self,
        listing: "Listing[ItemT]",
        render: "Callable[[tuple[ItemT, ...]], Iterator[RenderableType]]",
        *,
        everything: bool,
    ) -> None:
        """One page, or all of them as if they were one."""
        from tessera_sdk.cli.screen import out, write

        pages = list(listing.pages()) if everything else [listing.page()]
        if self.as_json:
            self.print_json(merged(pages))
            return
        console = out()
        for part in render(tuple(item for page in pages for item in page.items)):
            write(console, part)
        _tell_of_more(pages[-1].next)

    def show_report(
        self,
        read: "Callable[[str | None], ReportT]",
        render: "Callable[[ReportT], Iterator[RenderableType]]",
        cursor: str | None,
        everything: bool,
    ) -> None:
        """A listing that says more than its lines: a page of it, or all of them as one."""
        pages = [read(cursor)]
        while everything and pages[-1].next is not None:
            pages.append(read(pages[-1].next))
        report = pages[0]
        if len(pages) > 1:
            items = [item.wire for page in pages for item in page.items]
            sent = cast("dict[str, JsonValue]", report.wire)
            report = report.model_validate({**sent, "items": items, "next": None})
        self.show(report, lambda: render(report))
        if not self.as_json:
            _tell_of_more(report.next)

    def show_done(self, render: "Callable[[], Iterator[RenderableType]]") -> None:
        """Something without an answer was done: nothing at all for scripts."""
        from tessera_sdk.cli.screen import out, write

        if not self.as_json:
            console = out()
            for part in render():
                write(console, part)

    def print_json_line(self, document: "JsonValue") -> None:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def print_json(self, document: "JsonValue") -> None:
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _tell_of_more(cursor: str | None) -> None:
    from tessera_sdk.cli.screen import err

    if cursor is not None:
        err().print(
            f"There are more: --all, or --cursor {cursor}",
            style="dim",
            soft_wrap=True,
            markup=False,
        )


def merged(pages: "list[Page[ItemT]]") -> "JsonValue":
    """Pages as one: a single page is passed on exactly as the server sent it."""
    if len(pages) == 1:
        return pages[0].wire
    return {"items": [item.wire for page in pages for item in page.items], "next": None}
