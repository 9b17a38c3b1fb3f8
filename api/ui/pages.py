"""The HTML pages: everything of them is added to the app here."""

from fastapi import FastAPI

from api.ui import (
    account,
    answer,
    live,
    own_keys,
    preferences,
    proof,
    proposal,
    proposals,
    provider,
    releases,
    reports,
    sign_in,
    slack_install,
    static_files,
)
from api.ui.error_pages import ErrorPages

_MODULES = (
    *(proposals, proof, proposal, releases, live, account, own_keys, preferences, sign_in),
    *(reports, provider, answer, slack_install, static_files),
)


def install(app: FastAPI) -> None:
    """Add the pages, their files and the error pages; these must be the outermost middleware."""
    for module in _MODULES:
        app.router.routes.extend(module.router.routes)
    app.add_middleware(ErrorPages)
