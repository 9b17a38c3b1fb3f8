"""`tessera events verify`, `recompute` and `prune`: the log, read past the API in Postgres."""

import json
import sys
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from starting import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from domain.decisions import Recomputation
    from domain.proof_checks import Claims
    from domain.verification import Verification
    from record.retention import Pruning

_T = TypeVar("_T")
UNREACHABLE = 3
_DRAWN_EVERY = 0.1
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else, for scripts.")]


def add_to(app: typer.Typer) -> None:
    """Put our commands into the group `events`, if it is there."""
    for group in [each.typer_instance for each in app.registered_groups if each.name == "events"]:
        assert group is not None
        group.command("verify")(verify)
        group.command("recompute")(recompute)
        group.command("prune")(prune)


def verify(
    expect_head: Annotated[
        str | None,
        typer.Option(
            "--expect-head",
            metavar="HASH",
            help="A head that an earlier run printed: its seal must still be in the chain.",
        ),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(
            "--proof",
            metavar="FILE",
            help="What `tessera proposal proof` wrote: its events must be sealed as it says.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole log and compare it with its seals: was anything changed since?

    Reads Postgres itself: DATABASE_URL, or the `tessera up` that runs on TESSERA_DATA_DIR. Names
    the first event that was changed, removed, inserted or moved, and prints the newest seal's hash:
    keep that outside of the database. The exit code is 1 when something is wrong, or an event
    waits for its seal for an hour, 3 without Postgres, or when it goes away.

    Example:  tessera events verify --expect-head "$(cat head.txt)"

    Example:  tessera events verify --proof proof.json
    """
    claims = None if proof is None else _claims(proof)
    outcome = _run(_verified(_database_url(), expect_head, claims, as_json))
    if as_json:
        sys.stdout.write(json.dumps(outcome.to_wire(), indent=2) + "\n")
    else:
        _show(outcome)
    raise typer.Exit(0 if outcome.sound else 1)


def recompute(as_json: AsJson = False) -> None:
    """Decide every proposal of the log again by the rules of this release: is it the same?

    The log keeps what was known at each decision. Reads Postgres itself: DATABASE_URL, or the
    `tessera up` that runs on TESSERA_DATA_DIR, and writes nothing; so the next release can be asked
    before it is deployed. The exit code is 1 when a decision would be another one, 3 without
    Postgres.

    Example:  tessera events recompute --json
    """
    outcome = _run(_recomputed(_database_url()))
    if as_json:
        sys.stdout.write(json.dumps(_decided(outcome), indent=2) + "\n")
    else:
        _show_decisions(outcome)
    raise typer.Exit(0 if outcome.sound else 1)


def prune(
    before: Annotated[
        str,
        typer.Option("--before", metavar="DATE", help="Events of before this day, in UTC, may go."),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it. Without it is only said what would go.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take old events out of the log, in whole seals, so that the rest can still be verified.

    Works as the owner of the tables: MIGRATION_DATABASE_URL, else DATABASE_URL. The seals stay, and
    an event tells what went. What open proposals and deliveries under way rest on stays too.

    Example:  tessera events prune --before 2025-01-01 --yes
    """
    day = _day(before)
    outcome = _run(_pruned(_owner_url(), day, really=yes))
    if as_json:
        sys.stdout.write(json.dumps(_wire(outcome, done=yes), indent=2) + "\n")
    else:
        typer.echo(_said(outcome, done=yes))


async def _pruned(url: str, before: datetime, *, really: bool) -> "Pruning":
    from domain.actors import KEEPER
    from record import retention
    from store.database import Database

    async with Database.connect(url, pool_size=1).closing() as database:
        if really:
            return await retention.prune(database, KEEPER, before)
        return await retention.plan(database, before)


def _said(outcome: "Pruning", *, done: bool) -> str:
    from domain.amounts import counted

    held = " Open proposals or deliveries under way keep more from going." * outcome.held_back
    if not outcome.events:
        return f"Nothing of before {outcome.before.date()} can go.{held}"
    gone = (
        f"{counted(outcome.events, 'event')} in seals {outcome.first_seal} to "
        f"{outcome.through_seal}"
    )
    if done:
        return f"Taken out of the log: {gone}.{held}"
    owner = "" if outcome.permitted else " It needs the owner's URL in MIGRATION_DATABASE_URL."
    return f"Would go: {gone}. Nothing was changed; `--yes` does it.{owner}{held}"


def _wire(outcome: "Pruning", *, done: bool) -> dict[str, object]:
    return {
        "before": outcome.before.isoformat(),
        "events": outcome.events,
        "first_seal": outcome.first_seal if outcome.events else None,
        "through_seal": outcome.through_seal if outcome.events else None,
        "held_back": outcome.held_back,
        "permitted": outcome.permitted,
        "done": done,
    }


def _day(text: str) -> datetime:
    from datetime import UTC

    try:
        day = datetime.fromisoformat(text)
        return (day if day.tzinfo else day.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is not a date such as 2025-01-01.") from None


# --- verifying ------------------------------------------------------------------------------------


def _claims(file: Path) -> "Claims":
    from domain.errors import InvalidRequest
    from domain.proof_checks import claims_of

    try:
        return claims_of(json.loads(file.read_bytes()))
    except (OSError, ValueError) as error:
        refuse(f"{file} cannot be read: {error}.")
    except InvalidRequest as problem:
        refuse(f"{file}: {problem.detail}")


async def _verified(
    url: str, head: str | None, proof: "Claims | None", as_json: bool
) -> "Verification":
    from record.verification import verify as verify_log

    # The bar has gone before anything is said, or refused.
    with _progress(shown=not as_json and sys.stderr.isatty()) as progress:
        return await verify_log(url, expected_head=head, proof=proof, progress=progress)


def _show(outcome: "Verification") -> None:
    from domain.amounts import counted

    lines = [
        f"{counted(outcome.sealed, 'event')} compared with "
        f"{counted(outcome.seals, 'seal')}; {outcome.unsealed} not sealed yet."
    ]
    if outcome.pruned is not None:
        gone = counted(outcome.pruned.events, "event")
        lines.append(f"Pruned: {gone}, up to seal {outcome.pruned.through_seal}.")
        lines += [f"  {said}" for said in outcome.pruned.said]
    if outcome.head is not None:
        lines.append(f"Head: {outcome.head}")
    if outcome.expected_head is not None and outcome.sound:
        lines.append("The expected head is in the chain.")
    if outcome.proof is not None and outcome.sound:
        lines.append(_proven(outcome.proof))
    lines += [
        f"{'First bad' if not place else 'Also bad'}: {flaw.found}"
        for place, flaw in enumerate(outcome.flaws)
    ]
    if outcome.flawed > len(outcome.flaws):
        lines.append(f"… and {outcome.flawed - len(outcome.flaws)} more bad places.")
    lines += [f"Odd: {remark}" for remark in outcome.remarks]
    lines.append(_verdict(outcome))
    typer.echo("\n".join(lines))


def _proven(proof: "Claims") -> str:
    from domain.amounts import counted

    sealed = counted(proof.events - proof.unsealed, "event")
    late = f" {proof.unsealed} were not sealed when it was made." * bool(proof.unsealed)
    return f"The proof holds: {sealed} sealed as it says.{late}"


def _verdict(outcome: "Verification") -> str:
    if outcome.sound:
        return "✓ The log is what was sealed."
    return "✗ The log was changed." if outcome.changed else "✗ The log is not sealed."


@contextmanager
def _progress(*, shown: bool) -> "Iterator[Callable[[int, int], None]]":
    """A bar on the error stream, or nothing.

    Drawn by us: rich's own thread is not waited for, and was seen to hang the end of the process.
    """
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(
        console=Console(stderr=True), transient=True, disable=not shown, auto_refresh=False
    )
    drawn = 0.0
    with bar:
        task = bar.add_task("events", total=None)

        def progress(done: int, of: int) -> None:
            nonlocal drawn
            if shown and time.monotonic() - drawn > _DRAWN_EVERY:
                drawn = time.monotonic()
                bar.update(task, completed=done, total=max(done, of), refresh=True)

        yield progress


# --- deciding again -------------------------------------------------------------------------------


async def _recomputed(url: str) -> "Recomputation":
    from record import decisions
    from store.database import Database

    async with Database.connect(url, pool_size=1).closing() as database:
        return await decisions.recompute(database)


def _decided(outcome: "Recomputation") -> dict[str, object]:
    return {
        "sound": outcome.sound,
        "same": outcome.same,
        "different": outcome.different,
        "without_facts": outcome.without_facts,
        "differing": [
            {
                "event_id": str(each.event_id),
                "proposal_id": str(each.proposal_id),
                "at": each.at.isoformat(),
                "difference": each.difference,
            }
            for each in outcome.differing
        ],
    }


def _show_decisions(outcome: "Recomputation") -> None:
    from domain.amounts import counted

    lines = [f"{counted(outcome.same + outcome.different, 'decision')} taken again."]
    if outcome.without_facts:
        older = counted(outcome.without_facts, "decision")
        lines.append(f"{older} of before the log kept what was known: not taken again.")
    lines += [
        f"Proposal {each.proposal_id}, {each.at:%Y-%m-%d %H:%M} UTC: {each.difference}."
        for each in outcome.differing
    ]
    if outcome.different > len(outcome.differing):
        lines.append(f"… and {outcome.different - len(outcome.differing)} more.")
    lines.append(
        "✓ Every one came out as it did then."
        if outcome.sound
        else f"✗ {counted(outcome.different, 'decision')} would be another one by today's rules."
    )
    typer.echo("\n".join(lines))


# --- finding the log ------------------------------------------------------------------------------


def _database_url() -> str:
    from patient import Patient

    url = _set_up(Patient.found).database_url
    if url is None:
        refuse("DATABASE_URL is not set, and no `tessera up` runs on TESSERA_DATA_DIR.")
    return url


def _owner_url() -> str:
    from settings import Settings

    return _set_up(Settings.load).migration_database_url or _database_url()


def _set_up(read: "Callable[[], _T]") -> _T:
    from domain.errors import SetupFailed

    try:
        return read()
    except SetupFailed as problem:
        refuse(problem.detail, problem.extra.get("hint"))


def _run(work: "Coroutine[object, object, _T]") -> _T:
    import asyncio

    from domain.errors import TesseraError, Unavailable

    try:
        return asyncio.run(work)
    except TesseraError as problem:
        code = UNREACHABLE if isinstance(problem, Unavailable) else 1
        refuse(problem.detail, problem.extra.get("hint"), code)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
