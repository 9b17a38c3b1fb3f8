"""To the identity provider and back.

Both ways are a GET: the provider sends the browser back with one, and a form that leads to another
site is what our content security policy forbids. Neither changes anything but by the journey's
token, which this browser alone has.
"""

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.provider import Journey, Provider
from api.refusals import ProviderUnavailable
from api.resources import resources_of
from api.ui import sessions
from api.ui.routing import counted
from api.ui.sessions import JOURNEY, Cookies
from api.ui.sign_in_page import PATH, SignInPage, own_path, refusal_page
from domain.errors import NotFound, SignInRefused, TesseraError
from domain.sessions import SignInMethod, new_token, token_digest
from record import provider_sign_ins
from record.provider_sign_ins import ProviderSignIn
from store.sign_ins import PENDING_LASTS
from store.transaction import Transaction

BACK = f"{PATH}/provider/back"
_log = structlog.get_logger("api")

router = APIRouter(include_in_schema=False, dependencies=[Depends(counted)])


@router.get(f"{PATH}/provider")
async def go(request: Request, next: str = "/") -> Response:  # noqa: A002  # in the address
    """Send the browser to the provider."""
    provider, goal = _provider(request), own_path(next)
    journey = Journey(new_token())
    try:
        url = await provider.authorization_url(journey, _back(request))
    except ProviderUnavailable as error:
        return refusal_page(SignInPage(goal=goal, wrong=error.detail), provider, error)

    async def work(tx: Transaction) -> None:
        await tx.sign_ins.begin(token_digest(journey.token), goal[:2000])

    await resources_of(request).database.run(work)
    response = RedirectResponse(url, 303)
    Cookies(request).put(response, JOURNEY, journey.token, int(PENDING_LASTS.total_seconds()))
    return response


@router.get(BACK)
async def come_back(request: Request) -> Response:
    """Sign in who comes back from the provider."""
    provider, goal = _provider(request), "/"
    try:
        journey, goal = await _journey(request)
        found = await _believed(request, provider, journey)
    except TesseraError as error:
        why = str(error.extra.get("why", error.code))
        sessions.log_refusal(request, SignInMethod.PROVIDER, why)
        response: Response = refusal_page(
            SignInPage(goal=goal, wrong=error.detail), provider, error
        )
    else:
        if found.unknown_teams:
            _log.warning("groups name teams that are not there", teams=found.unknown_teams)
        response = RedirectResponse(goal, 303)
        sessions.signed_in(request, response, found.started)
    Cookies(request).drop(response, JOURNEY)
    return response


@router.get("/sign-out/provider")
async def leave(request: Request) -> Response:
    """Send the browser to where one signs out at the provider."""
    back = f"{resources_of(request).public_url}{PATH}"
    url = await _provider(request).sign_out_url(back)
    return RedirectResponse(url or PATH, 303)


async def _journey(request: Request) -> tuple[Journey, str]:
    """Return the journey that this browser is on, and where it leads; it ends here."""
    token = Cookies(request).token(JOURNEY)
    state = request.query_params.get("state", "")
    if token is None or not Journey(token).is_of(state):
        raise SignInRefused(
            "This browser was not on its way to sign in, or set out again meanwhile. Try again.",
            why="state",
        )

    async def work(tx: Transaction) -> str | None:
        return await tx.sign_ins.come_back(token_digest(token))

    goal = await resources_of(request).database.run(work)
    if goal is None:
        raise SignInRefused("That took too long, or was done before. Try again.", why="journey")
    return Journey(token), goal


async def _believed(request: Request, provider: Provider, journey: Journey) -> ProviderSignIn:
    said = request.query_params
    if not said.get("code"):
        raise SignInRefused(
            "The identity provider did not sign you in.", why=said.get("error", "no code")[:100]
        )
    identity = await provider.identity(journey, _back(request), said["code"], said.get("iss"))
    return await provider_sign_ins.sign_in(
        resources_of(request).database,
        identity,
        provider.options.rules,
        sessions.beginning_of(request, SignInMethod.PROVIDER),
        request.state.request_id,
    )


def _back(request: Request) -> str:
    return f"{resources_of(request).public_url}{BACK}"


def _provider(request: Request) -> Provider:
    provider = resources_of(request).provider
    if provider is None:
        raise NotFound("This server knows no identity provider.")
    return provider
