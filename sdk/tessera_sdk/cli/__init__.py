"""The command `tessera`."""

import sys


def main() -> None:
    """The console script."""
    from tessera_sdk.cli.extensions import installed, load, named
    from tessera_sdk.cli.root import bare_app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a sign shows a question mark instead of failing.
            stream.reconfigure(errors="replace")
    points = installed()
    if alone := named(points, sys.argv[1:]):
        app, points = bare_app(), alone
    else:
        from tessera_sdk.cli.app import build_app

        app = build_app()
    load(app, points)
    app(prog_name="tessera")
