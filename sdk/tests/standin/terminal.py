"""Running the command line: in this process for its screens, else as a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

import typer
from tessera_sdk.cli.app import build_app
from typer.testing import CliRunner

from standin.http import Json

ENTRY = "from tessera_sdk.cli import main; main()"


@cache
def application() -> typer.Typer:
    return build_app()


@dataclass(frozen=True, slots=True)
class Outcome:
    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        document: Json = json.loads(self.out)
        return document

    @property
    def flat(self) -> str:
        """What was printed, without regard to where lines were broken."""
        return " ".join(self.out.split())

    @property
    def flat_err(self) -> str:
        return " ".join(self.err.split())


class Terminal:
    def __init__(self, url: str) -> None:
        self.environment = {
            "TESSERA_URL": url,
            "COLUMNS": "80",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "TZ": "UTC",
        }

    def run(self, *args: str, stdin: str | None = None) -> Outcome:
        result = CliRunner(env=self.environment).invoke(application(), args, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """The same as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", ENTRY, *args],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
