"""Retirements: the end of an old version, who is to move off it, and what they say."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body, Moment
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import AssetRef, PageView, TeamRef, View
from domain.pages import Page
from domain.parties import NoticeKind
from domain.permissions import Action
from domain.retirements import RetirementCause, RetirementStatus
from record import retirements, windows
from record.windows import MoverDetail, RetirementDetail
from store.database import Runner
from store.idempotency import RequestKey
from store.transaction import Transaction

router = APIRouter(tags=["retirements"], route_class=TesseraRoute)


class SunsetBody(Body):
    """When an old version is retired."""

    sunset_at: Moment = Field(
        description="In the future, at most two years ahead, and only later while teams are on it.",
        examples=["2027-01-31T00:00:00Z"],
    )
    reason: str | None = Field(None, description="Stands in the log and is shown.")


class MovedBody(Body):
    """Which team has moved off the version."""

    consumer_team_id: UUID
    note: str | None = Field(None, description="Told to the owner.")


class ExtensionBody(MovedBody):
    """Until when a team needs the version."""

    until: Moment = Field(description="After `sunset_at`, at most `latest_until`.")


class CancelBody(Body):
    """Why the version is not retired."""

    reason: str | None = None


class MoverView(View):
    """A team that is to move off the version."""

    team: TeamRef
    reason: str = Field(examples=["reads `email`", "is pinned to 1.0.0"])
    moved: bool
    moved_at: datetime | None
    extended_until: datetime | None = Field(description="The later date that it asked for.")
    note: str | None
    said_by: str | None = Field(description="Who said so last.")
    due_at: datetime | None = Field(description="When its time is up; null once it has moved.")
    asked_at: datetime | None
    reminders: int

    @classmethod
    def of(cls, found: MoverDetail) -> "MoverView":
        """Return the view of a mover."""
        moved, extension = found.stored.moved, found.stored.extension
        said = moved or extension
        return cls(
            team=TeamRef.of(found.team),
            reason=found.stored.reason,
            moved=moved is not None,
            moved_at=None if moved is None else moved.at,
            extended_until=None if extension is None else extension.until,
            note=None if said is None else said.note,
            said_by=None if said is None else said.by.name,
            due_at=found.due_at,
            asked_at=found.mover.asked_at,
            reminders=found.mover.count(NoticeKind.REMIND),
        )


class RetirementView(View):
    """The end of one version of an asset."""

    contract_id: UUID
    asset: AssetRef
    owner: TeamRef
    version: str
    status: RetirementStatus
    cause: RetirementCause | None
    revision: int = Field(description="Grows with each new date.")
    sunset_at: datetime
    ends_at: datetime = Field(
        description="When it is retired if nobody says anything more: not before the dates that "
        "were granted."
    )
    latest_until: datetime = Field(description="The furthest date that a team may ask for.")
    reason: str | None
    set_by: str
    set_at: datetime
    movers: list[MoverView]
    pending: list[str] = Field(description="Names of the teams that are still on it.")
    next_review_at: datetime | None
    stuck: str | None = Field(description="An error that no retry can mend.")
    ended_at: datetime | None

    @classmethod
    def of(cls, detail: RetirementDetail) -> "RetirementView":
        """Return the view of a retirement."""
        retirement = detail.retirement
        return cls(
            contract_id=retirement.contract_id,
            asset=AssetRef.of(detail.asset),
            owner=TeamRef.of(detail.owner),
            version=retirement.version,
            status=retirement.status,
            cause=retirement.cause,
            revision=retirement.revision,
            sunset_at=retirement.sunset_at,
            ends_at=retirement.ended_at or detail.ends_at,
            latest_until=retirement.latest_until,
            reason=retirement.reason,
            set_by=retirement.set_by.name,
            set_at=retirement.began_at,
            movers=[MoverView.of(each) for each in detail.movers],
            pending=[each.name for each in detail.window.pending],
            next_review_at=retirement.next_review_at,
            stuck=retirement.stuck,
            ended_at=retirement.ended_at,
        )


@router.get("/retirements", summary="List retirements")
async def list_retirements(
    call: Annotated[Call, Depends(May(Action.READ, "retirements"))],
    page: Paging,
    status: Annotated[RetirementStatus | None, Query(description="Only in this state.")] = None,
    asset_id: Annotated[UUID | None, Query(description="Only of this asset's versions.")] = None,
    consumer_team_id: Annotated[
        UUID | None, Query(description="Only those that ask this team to move.")
    ] = None,
) -> PageView[RetirementView]:
    """That of the newest version first."""

    async def work(tx: Transaction) -> tuple[Page[UUID], list[RetirementView]]:
        found = await tx.retirements.page(
            page, asset_id=asset_id, mover_team_id=consumer_team_id, status=status
        )
        return found, [RetirementView.of(each) for each in await windows.load(tx, found.items)]

    found, views = await call.resources.database.read(work)
    return PageView[RetirementView](items=views, next=found.next)


@router.get("/contracts/{contract_id}/retirement", summary="Get the end of a version")
async def get_retirement(
    call: Annotated[Call, Depends(May(Action.READ, "retirements"))], contract_id: UUID
) -> RetirementView:
    """When it is retired, who has moved and who is still on it."""
    return RetirementView.of(await windows.detail(call.resources.database, contract_id))


@router.post(
    "/contracts/{contract_id}/retirement",
    response_model=RetirementView,
    summary="Set the end of a version",
)
async def set_retirement(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "retirements"))],
    key: Key,
    contract_id: UUID,
    body: SunsetBody,
) -> Response:
    """For a deprecated version; whoever is on it is asked to move, and told of each new date.

    Refused with `not_deprecated` or `retirement_ended` (it is retired already).
    """

    async def effect(runner: Runner) -> object:
        resources = call.resources
        return await retirements.set_sunset(
            runner,
            call.caller,
            contract_id,
            body.sunset_at,
            body.reason,
            resources.timeline,
            resources.server_policy,
        )

    return await _said(call, key, contract_id, effect)


@router.post(
    "/contracts/{contract_id}/retirement/moved",
    response_model=RetirementView,
    summary="Confirm that a team has moved",
)
async def confirm_move(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "retirements"))],
    key: Key,
    contract_id: UUID,
    body: MovedBody,
) -> Response:
    """The team uses the version no more; a registration that was pinned to it no longer is.

    Refused with `not_a_mover` or `retirement_ended`.
    """

    async def effect(runner: Runner) -> None:
        team_id, note = body.consumer_team_id, body.note
        await retirements.move(runner, call.caller, contract_id, team_id, note)

    return await _said(call, key, contract_id, effect)


@router.post(
    "/contracts/{contract_id}/retirement/extend",
    response_model=RetirementView,
    summary="Ask for a later date",
)
async def extend_retirement(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "retirements"))],
    key: Key,
    contract_id: UUID,
    body: ExtensionBody,
) -> Response:
    """The version is not retired before that date.

    Refused with `not_a_mover` or `retirement_ended`.
    """

    async def effect(runner: Runner) -> None:
        team_id, until, note = body.consumer_team_id, body.until, body.note
        await retirements.extend(runner, call.caller, contract_id, team_id, until, note)

    return await _said(call, key, contract_id, effect)


@router.post(
    "/contracts/{contract_id}/retirement/cancel",
    response_model=RetirementView,
    summary="Cancel the end of a version",
)
async def cancel_retirement(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "retirements"))],
    key: Key,
    contract_id: UUID,
    body: CancelBody | None = None,
) -> Response:
    """The version stays deprecated; its end can be set again."""
    reason = None if body is None else body.reason

    async def effect(runner: Runner) -> None:
        await retirements.cancel(runner, call.caller, contract_id, reason)

    return await _said(call, key, contract_id, effect)


async def _said(
    call: Call,
    key: RequestKey | None,
    contract_id: UUID,
    effect: Callable[[Runner], Awaitable[object]],
) -> Response:
    """Take effect once and answer with the retirement as it stands then."""

    async def render(tx: Transaction, _result: object) -> Answer:
        view = RetirementView.of(await windows.load_one(tx, contract_id))
        return Answer(status=200, body=view.model_dump_json())

    return (await answered(call, key, effect, render)).response()
