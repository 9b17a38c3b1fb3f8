"""The command `tessera`."""

import sys


def main() -> None:
    """The console script."""
    from tessera_sdk.cli.app import build_app
    from tessera_sdk.cli.extensions import installed, load

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a sign shows a question mark instead of failing.
            stream.reconfigure(errors="replace")
    app = build_app()
    load(app, installed())
    app(prog_name="tessera")
