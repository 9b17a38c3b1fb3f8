"""`tessera diff` as a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from domain.json_values import JSON

COMMAND = (sys.executable, "-m", "tessera_sdk", "diff")
PLAIN = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "TESSERA_URL": "http://127.0.0.1:9"}
"""Nothing listens there: whoever asks a server is found out."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, JSON]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def flat_err(self) -> str:
        """What was said on stderr, without regard to frames and to where lines were broken."""
        return " ".join(self.err.replace("│", " ").split())


def tessera_diff(
    *arguments: str | Path, stdin: str | bytes = b"", folder: Path | None = None
) -> Outcome:
    """Run it to its end, in a folder if one is given."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env={**os.environ, **PLAIN},
        input=given,
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=170,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
