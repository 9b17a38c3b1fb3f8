"""A proof that was written to a file, as people hear of it."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import CommandLine, done, facts
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import counted
from tessera_sdk.proofs import Proof


def proof_written(proof: Proof, path: str) -> Iterator[RenderableType]:
    yield done(f"The proof of `{name_of(proof.proposal.asset)}` is in `{path}`.")
    standing = sum(answer.standing == "counts" for answer in proof.answers)
    yield facts(
        ("Asked", counted(len(proof.asked), "team")),
        ("Told", counted(sum(each.asks + each.reminders for each in proof.asked), "time")),
        ("Answers", f"{standing} that count, of {len(proof.answers)}"),
        ("Events", _sealed(proof)),
        *_end(proof),
    )
    if not proof.check.intact:
        yield Text("! An event is not what was sealed: the log was changed.", style="bold red")
    yield Text("Hold it against the log with", style="bold")
    yield CommandLine(f"tessera events verify --proof {path}")


def _end(proof: Proof) -> Iterator[tuple[str, str]]:
    if proof.retirement is not None:
        movers = proof.retirement.movers
        moved = sum(each.moved for each in movers)
        yield (
            f"End of {proof.retirement.version}",
            f"{moved} of {counted(len(movers), 'team')} moved",
        )


def _sealed(proof: Proof) -> str:
    late = proof.check.unsealed
    return f"{len(proof.events)}" + (f", {late} not sealed yet" if late else ", all sealed")
