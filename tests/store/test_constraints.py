"""What Postgres itself refuses, should ever a rule of ours be forgotten."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy.exc import IntegrityError

from domain.actors import Actor, ActorKind
from domain.contracts import Contract
from domain.proposals import Cause, Decree, Proposal, ProposalStatus
from store.rows import new_id
from store.transaction import Transaction
from tests.support.facts import CALLER, Facts, content, table


async def published(facts: Facts) -> Contract:
    asset = await facts.asset(await facts.team("owner"))
    contract = (await facts.publish(asset, table("id", "email"))).contract
    assert contract is not None
    return contract


async def proposed(facts: Facts) -> Proposal:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    return await facts.proposed(asset, table("id"))


async def insert_another(facts: Facts, contract: Contract, version: str, **first: bool) -> None:
    async def work(tx: Transaction) -> None:
        if first.get("deprecating"):
            await tx.contracts.deprecate_active(contract.asset_id)
        await tx.contracts.insert_active(
            asset_id=contract.asset_id,
            version=version,
            content=content(table("id")),
            fields=(),
            proposal_id=None,
            published_by=CALLER.actor,
        )

    await facts.database.run(work)


async def test_an_asset_has_one_active_contract(facts: Facts) -> None:
    contract = await published(facts)
    with pytest.raises(IntegrityError, match="uq_contracts_one_active"):
        await insert_another(facts, contract, "2.0.0")
    await insert_another(facts, contract, "2.0.0", deprecating=True)


async def test_a_version_number_is_given_once(facts: Facts) -> None:
    contract = await published(facts)
    with pytest.raises(IntegrityError, match="uq_contracts_asset_id_version"):
        await insert_another(facts, contract, "1.0.0", deprecating=True)


async def test_an_asset_has_one_open_proposal_and_any_number_of_ended_ones(facts: Facts) -> None:
    proposal = await proposed(facts)
    second = replace(proposal, id=new_id())

    async def insert(tx: Transaction) -> None:
        await tx.proposals.insert(second)

    async def end(tx: Transaction) -> None:
        await tx.proposals.save(replace(proposal, status=ProposalStatus.REJECTED))

    with pytest.raises(IntegrityError, match="uq_proposals_one_open"):
        await facts.database.run(insert)
    await facts.database.run(end)
    await facts.database.run(insert)


async def test_an_approved_proposal_is_open_too(facts: Facts) -> None:
    proposal = await proposed(facts)

    async def work(tx: Transaction) -> None:
        await tx.proposals.save(replace(proposal, status=ProposalStatus.APPROVED))
        await tx.proposals.insert(replace(proposal, id=new_id()))

    with pytest.raises(UniqueViolationError, match="uq_proposals_one_open"):
        await facts.database.run(work)


async def test_a_proposal_is_read_back_as_it_was_written(facts: Facts) -> None:
    proposal = await proposed(facts)
    now = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
    actor = Actor(kind=ActorKind.KEY, name="ci", id=new_id(), acting_for=new_id())
    decree = Decree(by=actor, at=now, reason="the data must go, by law")
    whole = replace(
        proposal,
        status=ProposalStatus.APPROVED,
        cause=Cause.ALL_APPROVED,
        revision=7,
        requested_version="3.0.0",
        base_moved=True,
        confirmed_base_id=proposal.base_contract_id,
        confirmation_asked_at=now,
        withdrawn=decree,
        forced=decree,
        publish_requested=decree,
        approved_at=now,
        next_review_at=now,
        stuck="no such column",
        ended_at=now,
    )

    async def work(tx: Transaction) -> Proposal | None:
        await tx.proposals.save(whole)
        return await tx.proposals.get(proposal.id)

    assert await facts.database.run(work) == whole
