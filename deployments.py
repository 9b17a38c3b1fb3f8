"""`tessera server promote` and `tessera server builds`: worker versioning, for who deploys."""

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from starting import leave, refuse, run

if TYPE_CHECKING:
    from temporalio.client import Client

    from settings import Settings
    from workflows.deployments import Build

ANSWERS_WITHIN = timedelta(seconds=30)


def promote(
    build_id: Annotated[
        str | None,
        typer.Option("--build-id", help="Which build. Default: TESSERA_WORKER_BUILD_ID."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Seconds to wait for its workers to poll.")
    ] = 120,
) -> None:
    """Make a build the one that proposals begin and go on with, once its workers poll.

    For the hook after a deployment, where TESSERA_WORKER_DEPLOYMENT is set; safe to repeat. With
    the id of an earlier build whose workers run it goes back to that one.

    Example:  tessera server promote --build-id 2026-03-02.1
    """
    settings = _settings()
    deployment = _deployment(settings)
    wanted = build_id or settings.worker_build_id

    async def work(client: "Client") -> None:
        from workflows.deployments import promote as make_current

        await make_current(client, deployment, wanted, timedelta(seconds=wait))

    _at_temporal(settings, work)
    typer.echo(f"Build {wanted} of {deployment} is current.")
    leave(0)


def builds(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON and nothing else, for scripts.")
    ] = False,
) -> None:
    """List the builds that Temporal knows, with the proposals that each still holds open.

    Workers of a build may be stopped once it says so. Temporal's index may be seconds behind.

    Example:  tessera server builds
    """
    settings = _settings()
    deployment = _deployment(settings)
    found: list[Build] = []

    async def work(client: "Client") -> None:
        from workflows.deployments import builds as known_builds

        found.extend(await known_builds(client, deployment))

    _at_temporal(settings, work)
    if as_json:
        sys.stdout.write(json.dumps([_wire(build) for build in found], indent=2) + "\n")
    else:
        typer.echo(_table(found))
    leave(0)


def _settings() -> "Settings":
    """Without the log, whose lines would stand before what scripts read."""
    from domain.errors import SetupFailed
    from settings import Settings

    try:
        return Settings.load()
    except SetupFailed as problem:
        refuse(problem.detail, problem.extra.get("hint"))


def _deployment(settings: "Settings") -> str:
    if settings.worker_deployment is None:
        refuse(
            "TESSERA_WORKER_DEPLOYMENT is not set, so workers have no versions.",
            "docs/operations/deployments.md says what they are good for.",
        )
    return settings.worker_deployment


def _at_temporal(settings: "Settings", work: Callable[["Client"], Awaitable[None]]) -> None:
    async def connected() -> None:
        from temporalio.service import RPCError

        from domain.errors import Unavailable
        from worker import connect_by

        client = await connect_by(settings, ANSWERS_WITHIN)
        try:
            await work(client)
        except RPCError as error:
            raise Unavailable(f"Temporal refuses: {error.message}") from error

    try:
        run(connected())
    except typer.Exit as ended:  # refused in words; Temporal's threads are there all the same
        leave(ended.exit_code)


def _wire(build: "Build") -> dict[str, object]:
    return {
        "build_id": build.build_id,
        "state": build.state,
        "open_proposals": build.open_proposals,
        "pinned": build.pinned,
        "needed": build.is_needed,
    }


def _table(found: Sequence["Build"]) -> str:
    rows = [("BUILD", "STATE", "OPEN PROPOSALS", "PINNED", "WORKERS"), *map(_row, found)]
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(build: "Build") -> tuple[str, str, str, str, str]:
    workers = "needed" if build.is_needed else "may be stopped"
    return (
        build.build_id or "–",
        build.state,
        str(build.open_proposals),
        str(build.pinned),
        "–" if build.build_id is None else workers,
    )
