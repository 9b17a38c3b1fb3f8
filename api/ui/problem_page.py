"""What a problem looks like to a person; one that asks who it is is the page to sign in."""

from urllib.parse import quote

from starlette.types import Scope

from api.ui.rendering import rendered
from api.ui.sign_in_page import SignInPage
from domain.json_types import JsonObject


def problem_page(scope: Scope, problem: JsonObject) -> str:
    """Return the page of a problem that the request of this scope met."""
    posted = scope["method"] == "POST"
    if problem["status"] == 401:
        return _sign_in(scope, posted)
    context = {"viewer": None, "path": scope["path"], "live": None}
    return rendered("problem.html", {**context, "problem": problem, "posted": posted})


def _sign_in(scope: Scope, posted: bool) -> str:
    """Return the page that asks who it is, and leads back to the address."""
    provider = scope["app"].state.resources.provider
    path = quote(scope["path"])
    if posted:
        # A form's address leads to its page.
        return SignInPage(goal=path, unsent=True).content(provider)
    query = scope["query_string"].decode("latin-1")
    return SignInPage(goal=f"{path}?{query}" if query else path).content(provider)
