"""The HTML pages: everything of them is added to the app here."""

from fastapi import FastAPI

from api.ui import (
    account,
    live,
    own_keys,
    proposal,
    proposals,
    provider,
    sign_in,
    slack_install,
    static_files,
)
from api.ui.error_pages import ErrorPages


def install(app: FastAPI) -> None:
    """Add the pages, their files and the error pages; these must be the outermost middleware."""
    for module in (
        *(proposals, proposal, live, account, own_keys, sign_in, provider),
        *(slack_install, static_files),
    ):
        app.router.routes.extend(module.router.routes)
    app.add_middleware(ErrorPages)
