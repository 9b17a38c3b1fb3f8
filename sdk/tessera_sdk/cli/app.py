"""The command line's groups, in the order that people learn them."""

import typer

from tessera_sdk.cli.commands import (
    api_keys,
    asset_bulk,
    comments,
    contract_bulk,
    contracts,
    deliveries,
    destinations,
    events,
    inbox,
    registrations,
    releases,
    reports,
    retirements,
    team_policies,
    users,
)
from tessera_sdk.cli.root import bare_app


def build_app() -> typer.Typer:
    """A fresh application, which extensions may add to."""
    app = bare_app()
    app.add_typer(
        team_policies.group, name="team"
    )  # with those of `teams`, `members`, `team_lives`
    app.add_typer(asset_bulk.group, name="asset")  # with those of `assets`, `asset_lives`
    app.add_typer(contracts.group, name="contract")
    app.command("publish")(contract_bulk.publish)
    app.command("register")(registrations.register)
    app.add_typer(registrations.group, name="registration")
    app.add_typer(retirements.group, name="retirement")
    app.add_typer(comments.group, name="proposal")  # with those of `operators`, `proposals`
    app.add_typer(releases.group, name="release")
    app.command("inbox")(inbox.inbox)
    app.add_typer(destinations.group, name="destination")
    app.add_typer(deliveries.group, name="deliveries")
    app.add_typer(users.group, name="user")
    app.add_typer(api_keys.group, name="keys")
    app.command("whoami")(users.whoami)
    app.add_typer(events.group(), name="events")
    app.command("observed")(events.observed)
    app.add_typer(reports.group, name="report")
    return app
