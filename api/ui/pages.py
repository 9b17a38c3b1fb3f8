"""The HTML pages: everything of them is added to the app here."""

from fastapi import FastAPI

from api.ui import (
    account,
    administration,
    answer,
    asset,
    asset_steps,
    catalogue,
    deliveries,
    demo,
    dependencies,
    destination,
    destinations,
    inbox,
    keys,
    live,
    log,
    log_verification,
    operators,
    overview,
    own_keys,
    preferences,
    proof,
    proposal,
    proposals,
    propose,
    provider,
    releases,
    reports,
    revise,
    setup,
    sign_in,
    slack,
    slack_install,
    static_files,
    team_steps,
    teams,
    user,
    users,
    versions,
)
from api.ui.error_pages import ErrorPages

_MODULES = (
    *(
        inbox,
        revise,
        operators,
        proposals,
        proof,
        proposal,
        propose,
        releases,
        live,
        account,
        own_keys,
        preferences,
        sign_in,
    ),
    *(catalogue, versions, asset, asset_steps, dependencies, teams, team_steps, overview, reports),
    *(administration, keys, users, user, destinations, destination, deliveries, slack, log),
    *(log_verification, setup, demo, provider, answer, slack_install, static_files),
)


def install(app: FastAPI) -> None:
    """Add the pages, their files and the error pages; these must be the outermost middleware."""
    for module in _MODULES:
        app.router.routes.extend(module.router.routes)
    app.add_middleware(ErrorPages)
