"""Releases, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.catalog import Release
from tessera_sdk.cli.screen import facts, heading, identifier, indented, state, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import now, when


def release_list(releases: Sequence[Release]) -> Iterator[RenderableType]:
    if not releases:
        yield "No release here."
        return
    grid = table("Release", "Status", "Proposals", ids_in="Release")
    for release in releases:
        name = Text(release.name).append("\n").append_text(identifier(release.id))
        grid.add_row(name, state(release.status), _progress(release))
    yield grid


def _progress(release: Release) -> str:
    count = len(release.proposals)
    return f"{count - release.awaited} of {count} ready" if release.status == "open" else f"{count}"


def _waits_for(release: Release) -> str | None:
    is_open = release.status == "open"
    return f"{release.awaited} of {len(release.proposals)}" if is_open and release.awaited else None


def release_shown(release: Release) -> Iterator[RenderableType]:
    present = now()
    yield Text.assemble((f"{release.name}  ", "bold"), state(release.status))
    yield facts(
        ("Opened by", release.opened_by),
        ("Opened", when(release.opened_at, present)),
        ("Ended", when(release.ended_at, present)),
        ("Waits for", _waits_for(release)),
        ("Id", identifier(release.id)),
    )
    yield Text()
    yield heading("Proposals")
    grid = table("Proposal", "Version", "Status", "", ids_in="Proposal")
    for member in release.proposals:
        name = Text(name_of(member.asset)).append("\n").append_text(identifier(member.proposal_id))
        remark = "ready" if member.ready and release.status == "open" else ""
        if member.proposal_id == release.failed_proposal_id:
            remark = "kept the others back"
        grid.add_row(name, member.version or "", state(member.status), remark)
    yield indented(grid)
