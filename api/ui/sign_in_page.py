"""What the sign-in page says."""

from dataclasses import dataclass

from fastapi.responses import HTMLResponse

from api.problems import problem_of
from api.provider import Provider
from api.ui.rendering import rendered
from domain.errors import TesseraError

PATH = "/sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """`unsent`: a form was not taken for want of a session; `leave_provider`: still signed in
    there."""

    goal: str
    said: str = ""
    wrong: str = ""
    email: str = ""
    by_key: bool = False
    unsent: bool = False
    leave_provider: bool = False

    def content(self, provider: Provider | None) -> str:
        """Return the page; with a button for the provider, if there is one."""
        return rendered(
            "sign_in.html",
            {
                "viewer": None,
                "path": PATH,
                "live": None,
                "goal": own_path(self.goal),
                "page": self,
                "provider": None if provider is None else provider.options.name,
            },
        )


def refusal_page(page: SignInPage, provider: Provider | None, error: TesseraError) -> HTMLResponse:
    """Return the page that says why nobody is signed in."""
    status = problem_of(error).status
    return HTMLResponse(page.content(provider), status_code=status, headers=waiting(error))


def waiting(error: TesseraError) -> dict[str, str]:
    """Return the header that says for how many seconds to wait, where waiting helps."""
    status = problem_of(error).status
    wait = {429: str(error.extra.get("retry_after", 60)), 503: "2"}.get(status)
    return {} if wait is None else {"Retry-After": wait}


def own_path(goal: str) -> str:
    """Return a path of this server, whatever somebody put into the address."""
    if goal.startswith("/") and not goal.startswith(("//", "/\\")) and goal.isprintable():
        return goal
    return "/"
