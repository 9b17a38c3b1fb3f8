"""One destination: how it is set, what was sent there with every attempt, and sending it again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call
from api.deliveries import AttemptView, DeliveryView, all_seen
from api.destination_views import DestinationView
from api.once import Answer, answered
from api.ui.administration import DESTINATIONS, rejected, shown
from api.ui.destinations import KINDS, PACES, TYPES, Changes, Reads, wanted_of
from api.ui.entered import Entered, Rejected, wrong
from api.ui.keys import OVERLAP_WORDS, OVERLAPS
from api.ui.preferences import SEVERITIES
from api.ui.rendering import Live
from api.ui.routing import PageRoute, address
from api.ui.steps import once, shown_once
from domain.authorization import allows, authorize
from domain.deliveries import Delivery, DeliveryFilter, DeliveryStatus
from domain.destinations import Destination
from domain.errors import NotReady, TesseraError
from domain.pages import PageRequest
from domain.permissions import Action
from record import destination_secrets, destinations, lookup, pings, replays
from record.destinations import WEBHOOK, Put
from record.replays import Replayed
from store.database import Runner, Within
from store.destinations import Owner
from store.transaction import Transaction

T = TypeVar("T")

ONE = f"{DESTINATIONS}/{{destination_id}}"
ON_A_PAGE = 25
STATUSES: Mapping[str, str] = {
    "": "All",
    "failed": "Failed",
    "delivered": "Delivered",
    "pending": "On their way",
}
_OF_STATUS = {
    "failed": frozenset({DeliveryStatus.FAILED}),
    "delivered": frozenset({DeliveryStatus.DELIVERED}),
    "pending": frozenset({DeliveryStatus.PENDING, DeliveryStatus.GATHERED}),
}
_SOON = timedelta(minutes=2)
"""A delivery that is so young is waited for."""
_REPLAYED_SINCE = timedelta(days=7)
_SAID = {
    "added": "The destination is there. Try it with a ping.",
    "changed": "That is saved, and the destination is enabled.",
    "pinged": "A ping is on its way; it stands below.",
    "replayed": "It is on its way again, as a delivery of its own.",
    "all": "What failed is on its way again, the oldest first.",
    "more": "A part of what failed is on its way again; do it again for the rest.",
    "none": "Nothing failed since then that was not sent again.",
}

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A delivery with its attempts."""

    view: DeliveryView
    attempts: Sequence[AttemptView]
    may_replay: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    """Without a stream: no event says what becomes of each delivery."""
    destination: DestinationView
    whose: str
    is_settings: bool
    """Whether the settings say what it is, and no request."""
    overlaps: bool
    why: str | None
    """What went wrong last, where it is disabled."""
    may_change: bool
    is_told: bool
    """Whether this server sends by its kind at all."""
    status: str
    deliveries: Sequence[DeliveryLine]
    next: str | None
    on_their_way: bool
    failed: int
    since: str
    said: str = ""
    secret: str = ""
    again: bool = False
    rejected: Rejected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    status: str = ""
    cursor: str = ""


async def _wanted(status: str = "", cursor: str = "") -> _Wanted:
    return _Wanted(status=status if status in STATUSES else "", cursor=cursor)


@router.get(ONE)
async def show_destination(
    call: Reads,
    destination_id: UUID,
    wanted: Annotated[_Wanted, Depends(_wanted)],
    said: str = "",
) -> Response:
    """One destination with what was sent there, newest first."""
    return await _page(call, destination_id, wanted, said=_SAID.get(said, ""))


async def show_secret(call: Call, destination_id: UUID, secret: str) -> Response:
    """Show the page of a destination with a secret that was just made."""
    return await _page(call, destination_id, _Wanted(), secret=secret, status=201)


@router.post(f"{ONE}/change")
async def change_destination(call: Changes, destination_id: UUID) -> Response:
    """Set it to what is wanted, which enables it again."""
    entered = await Entered.read(call.request, "change")
    before = await call.resources.database.read(lambda tx: _found(tx, destination_id))

    async def effect(runner: Runner) -> object:
        owner = Owner(before.team_id, before.user_id)
        wanted = wanted_of(entered, before)
        return await destinations.put(runner, call.caller, owner, before.name, wanted)

    return await take(call, destination_id, entered, effect, "changed")


@router.post(f"{ONE}/remove")
async def remove_destination(call: Changes, destination_id: UUID) -> Response:
    """Take it out of use."""
    entered = await Entered.read(call.request, "remove")

    async def work(tx: Transaction) -> None:
        before = await _found(tx, destination_id)
        owner = Owner(before.team_id, before.user_id)
        await destinations.remove(Within(tx), call.caller, owner, before.name)

    try:
        await once(call, entered, lambda runner: runner.run(work))
    except TesseraError as error:
        return await _refused(call, destination_id, entered, error)
    return RedirectResponse(f"{DESTINATIONS}?said=removed", 303)


@router.post(f"{ONE}/ping")
async def ping(call: Changes, destination_id: UUID) -> Response:
    """Try whether it works."""
    entered = await Entered.read(call.request, "ping")

    async def effect(runner: Runner) -> object:
        return await pings.ping(runner, call.caller, destination_id)

    return await take(call, destination_id, entered, effect, "pinged")


@router.post(f"{ONE}/rotate-secret")
async def rotate_secret(call: Changes, destination_id: UUID) -> Response:
    """Give a webhook another secret, and show it, this one time."""
    entered = await Entered.read(call.request, "rotate")
    try:
        overlap = OVERLAPS.get(entered.values.get("overlap", ""))
        if overlap is None:
            raise wrong("overlap", "Choose for how long the secret before signs too.")
        secret = await shown_once(
            call,
            entered,
            lambda runner: destination_secrets.rotate(
                runner, call.caller, destination_id, overlap=overlap
            ),
            _secret,
        )
    except TesseraError as error:
        return await _refused(call, destination_id, entered, error)
    if secret is None:
        return await _page(call, destination_id, _Wanted(), again=True)
    return await show_secret(call, destination_id, secret)


def _secret(put: Put) -> str | None:
    return put.made_secret


@router.post(f"{ONE}/replay")
async def replay_failed(call: Changes, destination_id: UUID) -> Response:
    """Send all that failed since a day again."""
    entered = await Entered.read(call.request, "replay")

    async def render(_tx: Transaction, made: Replayed) -> Answer:
        said = "more" if made.remaining else "all" if made.replayed else "none"
        return Answer(status=303, body=said)

    try:
        since = datetime.combine(entered.day("since"), time(), UTC)
        answer = await answered(
            call,
            entered.key(call),
            lambda runner: replays.replay_failed(runner, call.caller, destination_id, since),
            render,
        )
    except TesseraError as error:
        return await _refused(call, destination_id, entered, error)
    return RedirectResponse(f"{DESTINATIONS}/{destination_id}?said={answer.body}", 303)


async def _found(tx: Transaction, destination_id: UUID) -> Destination:
    return lookup.found(await tx.destinations.get(destination_id), "destination", destination_id)


async def take(
    call: Call,
    destination_id: UUID,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[object]],
    said: str,
) -> Response:
    try:
        await once(call, entered, effect)
    except TesseraError as error:
        return await _refused(call, destination_id, entered, error)
    return RedirectResponse(f"{DESTINATIONS}/{destination_id}?said={said}", 303)


async def _refused(
    call: Call, destination_id: UUID, entered: Entered, error: TesseraError
) -> Response:
    refusal, status = rejected(entered, "That was not done", error)
    return await _page(call, destination_id, _Wanted(), rejected=refusal, status=status)


async def _page(
    call: Call, destination_id: UUID, wanted: _Wanted, *, status: int = 200, **more: object
) -> Response:
    async def work(tx: Transaction) -> DestinationPage:
        found = await _found(tx, destination_id)
        whose = destinations.resource_of_one(found)
        authorize(call.principal, Action.READ_DESTINATION, whose)
        may_change = allows(call.principal, Action.CHANGE_DESTINATION, whose)
        return await _read(tx, found, wanted, may_change=may_change, **more)

    page = await call.resources.database.read(work)
    context = {
        "page": page,
        "destination": page.destination,
        "now": page.now,
        "live": page.live,
        "statuses": STATUSES,
        "kind_names": KINDS,
        "paces": PACES,
        "severities": SEVERITIES,
        "types": TYPES,
        "overlaps": OVERLAP_WORDS,
    }
    return shown(call, "destination.html", context, status)


async def _read(
    tx: Transaction, found: Destination, wanted: _Wanted, *, may_change: bool, **more: object
) -> DestinationPage:
    now, history = await tx.now(), tx.delivery_history
    since = datetime.combine((now - _REPLAYED_SINCE).date(), time(), UTC)
    told = is_told(tx, found)
    of_it = DeliveryFilter(
        destination_id=found.id, statuses=_OF_STATUS.get(wanted.status, frozenset())
    )
    page = await history.page(PageRequest(limit=ON_A_PAGE, cursor=wanted.cursor or None), of_it)
    views = await all_seen(tx, page.items)
    attempts = await history.attempts_of(each.id for each in page.items)
    why = await history.last_errors([found.id] if found.disabled_at else [])
    here = f"{DESTINATIONS}/{found.id}"
    return DestinationPage(
        now=now,
        live=Live(page=address(here, status=wanted.status, cursor=wanted.cursor)),
        destination=DestinationView.of(found),
        whose=await _whose(tx, found),
        is_settings=found.is_servers and found.name == WEBHOOK,
        overlaps=found.overlaps(now),
        why=why.get(found.id),
        may_change=may_change,
        is_told=told,
        status=wanted.status,
        deliveries=[
            DeliveryLine(
                view=views[each.id],
                attempts=[AttemptView.of(made) for made in attempts.get(each.id, ())],
                may_replay=may_change and told and can_replay(each),
            )
            for each in page.items
        ],
        next=None if page.next is None else address(here, status=wanted.status, cursor=page.next),
        on_their_way=any(_is_awaited(each, now) for each in page.items),
        failed=await history.count_failed(found.id, since),
        since=since.date().isoformat(),
        **more,  # type: ignore[arg-type]  # the fields that a caller names
    )


async def _whose(tx: Transaction, found: Destination) -> str:
    whose = await destinations.whose_is(tx, found)
    return "the server" if whose is None else whose.name


def is_told(tx: Transaction, destination: Destination) -> bool:
    """Whether something that is sent there could arrive."""
    try:
        pings.check_is_told(tx, destination)
    except NotReady:
        return False
    return True


def can_replay(delivery: Delivery) -> bool:
    """Whether `record.replays` would make another: it has ended, and told somebody something."""
    ended = delivery.status not in (DeliveryStatus.PENDING, DeliveryStatus.GATHERED)
    return ended and not delivery.refreshes


def _is_awaited(delivery: Delivery, now: datetime) -> bool:
    return delivery.status is DeliveryStatus.PENDING and now - delivery.created_at < _SOON
