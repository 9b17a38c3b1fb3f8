"""The command `tessera`."""

import sys


def main() -> None:
    """The console script."""
    from tessera_sdk.cli.extensions import alone, installed, load

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a sign shows a question mark instead of failing.
            stream.reconfigure(errors="replace")
    points = installed()
    app = alone(points, sys.argv[1:])
    if app is None:
        from tessera_sdk.cli.app import build_app

        app = build_app()
        load(app, points)
    app(prog_name="tessera")
