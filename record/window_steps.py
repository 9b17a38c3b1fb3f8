"""What a retirement's workflow does: it tells those who are to move, and retires the version.

Each step is safe to repeat: a notice is written once, and an end stays as it was.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.actors import WORKFLOW
from domain.events import EventType, NewEvent
from domain.parties import NoticeKind
from domain.retirements import Retirement, RetirementStatus, RetirementStep, change_of
from domain.steps import Note, StepKind
from record import events, windows
from record.settlement import Settled
from record.windows import MoverDetail, RetirementDetail
from store.database import Runner
from store.movers import NewMoverNotice
from store.rows import new_id
from store.transaction import Transaction

_TYPES = {
    NoticeKind.ASK: EventType.RETIREMENT_ASKED,
    NoticeKind.REMIND: EventType.RETIREMENT_REMINDED,
    NoticeKind.ESCALATE: EventType.RETIREMENT_ESCALATED,
    NoticeKind.UNREACHABLE: EventType.MOVER_UNREACHABLE,
}


async def note(
    runner: Runner,
    contract_id: UUID,
    revision: int,
    kind: NoticeKind,
    notes: Sequence[Note],
    now: datetime,
) -> int:
    """Tell these movers, or the owner about them, and return how many were told now.

    Idempotent by (contract, revision, team, kind, ordinal). A retirement that has moved on or ended
    tells nobody.
    """

    async def work(tx: Transaction) -> int:
        await tx.retirements.lock(contract_id)
        found = await windows.load(tx, [contract_id], now)
        if not found or not _still_asks(found[0].retirement, revision):
            return 0
        return await _tell(tx, found[0], kind, notes, now)

    return await runner.run(work)


def _still_asks(retirement: Retirement, revision: int) -> bool:
    return retirement.status is RetirementStatus.OPEN and retirement.revision == revision


async def _tell(
    tx: Transaction,
    detail: RetirementDetail,
    kind: NoticeKind,
    notes: Sequence[Note],
    now: datetime,
) -> int:
    """Write what is new of these notices, each with its event."""
    by_team = {each.team.id: each for each in detail.movers if each.stored.moved is None}
    sunset_at = detail.retirement.sunset_at
    wanted = {
        new_id(): (by_team[each.team_id], each.ordinal) for each in notes if each.team_id in by_team
    }
    new = await tx.movers.note(
        detail.retirement.contract_id,
        detail.retirement.revision,
        kind,
        [
            NewMoverNotice(
                team_id=mover.team.id,
                ordinal=ordinal,
                event_id=event_id,
                due_at=mover.due_at or sunset_at,
            )
            for event_id, (mover, ordinal) in wanted.items()
        ],
        now,
    )
    for event_id, (mover, ordinal) in wanted.items():
        if event_id in new:
            await events.append(tx, _notice(detail, mover, kind, ordinal, now), event_id)
    return len(new)


def _notice(
    detail: RetirementDetail, mover: MoverDetail, kind: NoticeKind, ordinal: int, now: datetime
) -> NewEvent:
    retirement, owner, team = detail.retirement, detail.owner.id, mover.team.id
    audience = {
        NoticeKind.ASK: (team,),
        NoticeKind.REMIND: (team,),
        NoticeKind.ESCALATE: (team, owner),
        NoticeKind.UNREACHABLE: (owner,),
    }[kind]
    return NewEvent(
        type=_TYPES[kind],
        caller=WORKFLOW,
        summary=_sentence(detail, mover, kind),
        asset_id=detail.asset.id,
        team_id=team,
        payload={
            "contract_id": str(retirement.contract_id),
            "version": retirement.version,
            "revision": retirement.revision,
            "ordinal": ordinal,
            "reason": mover.stored.reason,
            "sunset_at": retirement.sunset_at.isoformat(),
            "due_at": (mover.due_at or retirement.sunset_at).isoformat(),
            "latest_until": retirement.latest_until.isoformat(),
        },
        audience=audience,
        notifies=True,
        urgent=kind is not NoticeKind.UNREACHABLE and detail.window.is_near_end(mover.mover, now),
    )


def _sentence(detail: RetirementDetail, mover: MoverDetail, kind: NoticeKind) -> str:
    what = f"{detail.asset.fqn} {detail.retirement.version}"
    until = f"{(mover.due_at or detail.retirement.sunset_at):%Y-%m-%d}"
    return {
        NoticeKind.ASK: f"{mover.team.name} is asked to move off {what} by {until}.",
        NoticeKind.REMIND: f"{mover.team.name} is reminded to move off {what} by {until}.",
        NoticeKind.ESCALATE: f"{mover.team.name} is still on {what}, which ends on {until}.",
        NoticeKind.UNREACHABLE: f"{mover.team.name} cannot be reached about the end of {what}.",
    }[kind]


async def settle(runner: Runner, contract_id: UUID, revision: int, now: datetime) -> Settled:
    """Retire the version if the facts under the lock say so.

    It decides again over all that is recorded by then: a team that confirmed, or asked for longer,
    before this commit counts.
    """

    async def work(tx: Transaction) -> Settled:
        found = await tx.retirements.get(contract_id)
        if found is None:
            return Settled.DONE
        await tx.assets.lock(found.asset_id)
        detail = await windows.locked(tx, contract_id, now)
        retirement = detail.retirement
        if retirement.status is not RetirementStatus.OPEN:
            return Settled.DONE
        step = detail.window.next_step(now)
        if retirement.revision != revision or step.kind is not StepKind.SETTLE:
            return Settled.AGAIN
        await _end(tx, detail, step, now)
        return Settled.DONE

    return await runner.run(work)


async def _end(
    tx: Transaction, detail: RetirementDetail, step: RetirementStep, now: datetime
) -> None:
    assert step.outcome is not None
    assert step.cause is not None
    before = detail.retirement
    after = before.ended(step.outcome, step.cause, await tx.now())
    await tx.retirements.save(after, now)
    retired = step.outcome is RetirementStatus.RETIRED
    if retired:
        await tx.contracts.retire(before.contract_id)
    still_on = [each.team.name for each in detail.movers if each.stored.moved is None]
    what = f"{detail.asset.fqn} {after.version}"
    await events.append(
        tx,
        NewEvent(
            type=EventType.CONTRACT_RETIRED if retired else EventType.RETIREMENT_CANCELLED,
            caller=WORKFLOW,
            summary=f"{what} is retired."
            if retired
            else f"{what} is not retired: its asset is deleted.",
            asset_id=detail.asset.id,
            team_id=detail.owner.id,
            payload={
                "contract_id": str(after.contract_id),
                "version": after.version,
                **({"still_on": still_on} if retired else {"reason": None}),
                **change_of(before, after),
            },
            audience=(detail.owner.id, *(each.team.id for each in detail.movers)),
            notifies=True,
        ),
    )
