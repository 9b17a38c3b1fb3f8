"""The moment of decision: over the facts under the lock, and nothing else."""

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.steps import StepKind
from record import settlement
from record.settlement import Settled
from store.rows import new_id
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import Facts, table


async def ready(facts: Facts, **timeline: object) -> Conductor:
    """A proposal whose one party is ready."""
    conductor = await breaking(facts, "reader", **timeline)
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.APPROVED)
    return conductor


async def standing(conductor: Conductor) -> tuple[ProposalStatus, Cause | None, str | None]:
    detail = await conductor.facts.detail(conductor.proposal.id)
    version = await conductor.facts.active_version(detail.asset)
    return detail.proposal.status, detail.proposal.cause, version


async def test_all_ready_publishes_in_the_same_transaction(facts: Facts) -> None:
    conductor = await ready(facts)
    assert await conductor.settle() is Settled.DONE
    assert await standing(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED, "2.0.0")
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert proposal.ended_at is not None
    assert proposal.next_review_at is None

    async def work(tx: Transaction) -> str | None:
        contract = await tx.contracts.of_proposal(proposal.id)
        return None if contract is None else contract.version

    assert await facts.database.run(work) == "2.0.0"


async def test_the_contract_carries_who_proposed_it_and_its_guarantees(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    promised = {"nullability": {"id": "never"}}
    published = await facts.publish(asset, table("id"), guarantees=promised)
    assert published.proposal is not None
    await Conductor(facts, published.proposal).carry_on()

    async def work(tx: Transaction) -> tuple[object, str, list[str]]:
        active = await tx.contracts.active(asset.id)
        assert active is not None
        paths = [field.path for field in active.fields]
        return active.content.guarantees.to_wire(), active.published_by.name, paths

    assert await facts.database.run(work) == (promised, "test", ["id"])


@pytest.mark.parametrize(
    "reviewed",
    [{"revision": 7}, {"content_hash": "of something else"}],
    ids=["revision", "content"],
)
async def test_what_was_not_reviewed_is_not_settled(
    facts: Facts, reviewed: dict[str, object]
) -> None:
    conductor = await ready(facts)
    before = await facts.events(proposal_id=conductor.proposal.id)
    assert await conductor.settle(**reviewed) is Settled.AGAIN  # type: ignore[arg-type]
    assert await standing(conductor) == (ProposalStatus.PENDING, None, "1.0.0")
    assert await facts.events(proposal_id=conductor.proposal.id) == before


async def test_facts_that_came_after_the_review_count(facts: Facts) -> None:
    conductor = await ready(facts)
    assert (await conductor.review()).outcome is ProposalStatus.APPROVED
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.BLOCKED)
    assert await conductor.settle() is Settled.DONE
    assert await standing(conductor) == (ProposalStatus.REJECTED, Cause.BLOCKED, "1.0.0")


async def test_an_answer_before_the_settlement_counts_even_after_the_deadline(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "reader", deadline="1d", max_extension="0s")
    await conductor.carry_on()
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    conductor.now += 30 * DAY
    await facts.answer(conductor.proposal, party.team, Response.APPROVED)
    assert await conductor.settle() is Settled.DONE
    assert (await standing(conductor))[0] is ProposalStatus.PUBLISHED


async def test_settling_what_has_ended_is_done_and_changes_nothing(facts: Facts) -> None:
    conductor = await ready(facts)
    await conductor.settle()
    before = await facts.events(proposal_id=conductor.proposal.id)
    for _ in range(3):
        assert await conductor.settle() is Settled.DONE
    assert await facts.events(proposal_id=conductor.proposal.id) == before
    assert before.count(EventType.PROPOSAL_PUBLISHED) == 1


async def test_settling_an_unknown_proposal_is_done(facts: Facts) -> None:
    conductor = await ready(facts)
    settled = await settlement.settle(facts.database, new_id(), 1, "any", (), conductor.now)
    assert settled is Settled.DONE


async def test_while_somebody_is_pending_there_is_nothing_to_settle(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    assert await conductor.settle() is Settled.AGAIN
    assert (await standing(conductor))[0] is ProposalStatus.PENDING


async def test_approved_on_demand_is_a_state_and_not_an_end(facts: Facts) -> None:
    conductor = await ready(facts, publish="on_demand")
    await conductor.settle()
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert (proposal.status, proposal.ended_at) == (ProposalStatus.APPROVED, None)
    assert proposal.approved_at == conductor.now
    step = await conductor.carry_on()
    assert (step.kind, step.until) == (StepKind.WAIT, conductor.now + 30 * DAY)
    await conductor.carry_on(after=30 * DAY)
    assert await standing(conductor) == (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED, "1.0.0")


async def test_a_base_that_moves_between_review_and_settlement_is_not_published_over(
    facts: Facts,
) -> None:
    conductor = await ready(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset

    async def lose_the_mark(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE proposals SET base_moved = false WHERE id = :id"),
            {"id": conductor.proposal.id},
        )

    await facts.publish(asset, table("id", "email", "phone"))
    await facts.database.run(lose_the_mark)
    assert await conductor.settle() is Settled.AGAIN
    detail = await facts.detail(conductor.proposal.id)
    assert (detail.proposal.status, detail.proposal.base_moved) == (ProposalStatus.PENDING, True)
    assert await facts.active_version(asset) == "1.1.0"


@pytest.mark.parametrize("meanwhile", ["2.0.0", "2.1.0"])
async def test_a_version_that_was_taken_or_passed_meanwhile_rejects(
    facts: Facts, meanwhile: str
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    published = await facts.publish(asset, table("id"), version="2.0.0")
    assert published.proposal is not None
    conductor = Conductor(facts, published.proposal)
    await facts.publish(
        asset,
        table("id", email={"type": "string", "description": "where we write to"}),
        version=meanwhile,
    )
    await conductor.carry_on()
    end = (ProposalStatus.REJECTED, Cause.VERSION_TAKEN, meanwhile)
    assert await standing(conductor) == end


async def test_a_deleted_asset_rejects_instead_of_publishing(facts: Facts) -> None:
    conductor = await ready(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset

    async def delete(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE assets SET deleted_at = now() WHERE id = :id"), {"id": asset.id}
        )

    await facts.database.run(delete)
    await conductor.settle()
    status, cause, version = await standing(conductor)
    assert (status, cause, version) == (
        ProposalStatus.REJECTED,
        Cause.ASSET_DELETED,
        "1.0.0",
    )


async def test_the_end_tells_producer_and_parties_who_was_pending(facts: Facts) -> None:
    conductor = await breaking(facts, "silent", deadline="1d", max_extension="0s")
    await conductor.carry_on()
    await conductor.carry_on(after=30 * DAY)
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_EXPIRED
    )
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    assert payload["pending"] == [party.team.name]
