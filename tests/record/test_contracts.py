"""Publishing: what is published, what is left as it is, and what waits."""

from uuid import UUID

import pytest

from domain.changes import ChangeKind
from domain.compatibility import Mode
from domain.contracts import ContractStatus
from domain.errors import InvalidVersion, NotFound, ProposalOpen
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import ProposalStatus
from domain.publication import PublishAction
from domain.schemas import field_tree
from domain.timeline import Timeline
from domain.versioning import SemverMode
from record import contracts, drafts
from record.contracts import Published
from record.drafts import Publication
from store.rows import new_id
from store.transaction import Transaction
from tests.support.conductor import Conductor
from tests.support.counting import Counting
from tests.support.facts import CALLER, Facts, content, table

REWORDED = table("id", email={"type": "string", "description": "where we write to"})


def publication(asset_id: UUID, schema: JsonObject) -> Publication:
    made = content(schema)
    return Publication(asset_id=asset_id, content=made, fields=field_tree(made.schema))


async def preview(facts: Facts, asset_id: UUID, schema: JsonObject) -> Published:
    wanted = publication(asset_id, schema)
    compared = await drafts.compare(facts.database, facts.comparer, wanted)
    return await contracts.preview(facts.database, wanted, compared)


def action_of(published: Published) -> tuple[PublishAction, str]:
    return published.verdict.action, published.verdict.version


async def test_the_first_contract_is_1_0_0_and_active(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    published = await facts.publish(asset, table("id", "email"))
    assert action_of(published) == (PublishAction.PUBLISHED, "1.0.0")
    assert published.contract is not None
    assert published.contract.status is ContractStatus.ACTIVE
    assert [field.path for field in published.contract.fields] == ["id", "email"]
    assert await facts.events(asset_id=asset.id) == [
        EventType.ASSET_CREATED,
        EventType.CONTRACT_PUBLISHED,
    ]


async def test_identical_content_makes_no_version_and_no_event(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    first = await facts.publish(asset, table("id", "email"))
    again = await facts.publish(asset, table("email", "id"))
    assert action_of(again) == (PublishAction.UNCHANGED, "1.0.0")
    assert again.contract == first.contract
    assert len(await facts.events(asset_id=asset.id)) == 2


@pytest.mark.parametrize(
    ("schema", "version"), [(table("id", "email", "phone"), "1.1.0"), (REWORDED, "1.0.1")]
)
async def test_a_compatible_change_is_published_at_once(
    facts: Facts, schema: JsonObject, version: str
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    first = await facts.publish(asset, table("id", "email"))
    published = await facts.publish(asset, schema)
    assert action_of(published) == (PublishAction.PUBLISHED, version)
    assert await facts.active_version(asset) == version

    async def work(tx: Transaction) -> ContractStatus:
        assert first.contract is not None
        found = await tx.contracts.get(first.contract.id)
        assert found is not None
        return found.status

    assert await facts.database.run(work) is ContractStatus.DEPRECATED
    assert (await facts.events(asset_id=asset.id))[-2:] == [
        EventType.CONTRACT_DEPRECATED,
        EventType.CONTRACT_PUBLISHED,
    ]


async def test_a_breaking_change_waits_even_if_nobody_reads(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    published = await facts.publish(asset, table("id"))
    assert action_of(published) == (PublishAction.PROPOSED, "2.0.0")
    assert published.proposal is not None
    assert published.proposal.status is ProposalStatus.PENDING
    assert published.asked == ()
    assert await facts.active_version(asset) == "1.0.0"


async def test_only_readers_of_what_breaks_are_asked_and_the_others_told(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    mail, phone, everything = [await facts.team(name) for name in ("mail", "phone", "all")]
    await facts.register(asset, mail, ["email"])
    await facts.register(asset, phone, ["phone"])
    await facts.register(asset, everything)
    published = await facts.publish(asset, table("id", "phone"))
    assert {each.team_id for each in published.asked} == {mail.id, everything.id}
    assert [each.team_id for each in published.told] == [phone.id]
    assert published.proposal is not None
    detail = await facts.detail(published.proposal.id)
    assert {party.team.id for party in detail.parties} == {mail.id, everything.id}
    (told,) = await facts.payloads(asset_id=asset.id, type=EventType.CONSUMERS_TOLD)
    assert told["told"] == [
        {"team_id": str(phone.id), "reason": "reads nothing that breaks", "breaking": []}
    ]


async def test_nested_fields_are_asked_about_by_path(facts: Facts) -> None:
    def person(*parts: str) -> JsonObject:
        return table("id", address=table(*parts))

    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, person("city", "zip"))
    city, whole, id_only = [await facts.team(name) for name in ("city", "whole", "id")]
    await facts.register(asset, city, ["address.city"])
    await facts.register(asset, whole, ["address"])
    await facts.register(asset, id_only, ["id"])
    published = await facts.publish(asset, person("zip"))
    assert {each.team_id for each in published.asked} == {city.id, whole.id}


async def test_the_same_content_again_gives_the_open_proposal(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    proposal = await facts.proposed(asset, table("id"))
    again = await facts.publish(asset, table("id"))
    assert again.proposal is not None
    assert again.proposal.id == proposal.id
    assert (await facts.events(asset_id=asset.id)).count(EventType.PROPOSAL_OPENED) == 1


async def test_other_breaking_content_is_refused_with_a_link(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    proposal = await facts.proposed(asset, table("id"))
    with pytest.raises(ProposalOpen) as refusal:
        await facts.publish(asset, table("email"))
    assert refusal.value.extra["link"] == f"/api/v1/proposals/{proposal.id}"


async def test_a_compatible_change_under_an_open_proposal_moves_its_base(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    proposal = await facts.proposed(asset, table("id"))
    published = await facts.publish(asset, REWORDED)
    assert published.moved is not None
    assert published.moved.id == proposal.id
    assert (await facts.detail(proposal.id)).proposal.base_moved
    assert EventType.BASE_MOVED in await facts.events(proposal_id=proposal.id)


async def test_what_was_active_before_may_be_proposed_again_after_the_end(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    first = await facts.proposed(asset, table("id"))
    await Conductor(facts, first).carry_on()
    assert await facts.active_version(asset) == "2.0.0"
    back = await facts.publish(asset, table("id", "email"))
    assert action_of(back) == (PublishAction.PUBLISHED, "2.1.0")
    second = await facts.proposed(asset, table("id"))
    assert second.id != first.id


async def test_an_unknown_asset_is_not_found(facts: Facts) -> None:
    with pytest.raises(NotFound, match="no asset"):
        await preview(facts, new_id(), table("id"))


# --- versions ---


@pytest.mark.parametrize(
    "version", ["two", "2", "v2.0.0", "1.0.0", "0.9.0", "2.0.0-rc.1", "2.0.0+build"]
)
async def test_a_version_that_cannot_be_taken_is_refused_and_nothing_is_stored(
    facts: Facts, version: str
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    with pytest.raises(InvalidVersion):
        await facts.publish(asset, table("id", "email", "phone"), version=version)
    assert await facts.active_version(asset) == "1.0.0"
    assert len(await facts.events(asset_id=asset.id)) == 2


async def test_a_chosen_version_is_taken_if_it_promises_enough(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"), version="3.2.0")
    published = await facts.publish(asset, table("id", "email", "phone"), version="3.7.0")
    assert action_of(published) == (PublishAction.PUBLISHED, "3.7.0")
    with pytest.raises(InvalidVersion, match=r"at least 4\.0\.0"):
        await facts.publish(asset, table("id"), version="3.8.0")


async def test_enforcing_refuses_a_publication_without_a_version(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, semver_mode=SemverMode.ENFORCE)
    with pytest.raises(InvalidVersion):
        await facts.publish(asset, table("id"))


# --- guarantees ---


async def test_a_guarantee_alone_makes_a_new_version_and_its_loss_is_told(facts: Facts) -> None:
    promised: JsonObject = {"nullability": {"email": "never"}}
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    promising = await facts.publish(asset, table("id", "email"), guarantees=promised)
    assert action_of(promising) == (PublishAction.PUBLISHED, "1.1.0")
    reader = await facts.team("reader")
    await facts.register(asset, reader, ["email"])
    without = await facts.publish(asset, table("id", "email"))
    kinds = {change.kind for change in without.verdict.changes}
    assert kinds == {ChangeKind.GUARANTEE_REMOVED}
    assert {each.team_id for each in (*without.asked, *without.told)} == {reader.id}


# --- policies ---


async def test_observing_publishes_at_once_and_tells_the_readers(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, observe=True)
    await facts.publish(asset, table("id", "email"))
    reader, other = await facts.team("reader"), await facts.team("other")
    await facts.register(asset, reader, ["email"])
    await facts.register(asset, other, ["id"])
    published = await facts.publish(asset, table("id"))
    assert action_of(published) == (PublishAction.PUBLISHED, "2.0.0")
    assert [each.team_id for each in published.told] == [reader.id]
    (told,) = await facts.payloads(asset_id=asset.id, type=EventType.CONSUMERS_TOLD)
    assert str(reader.id) in str(told)
    (observed,) = await facts.payloads(asset_id=asset.id, type=EventType.CONTRACT_OBSERVED)
    assert observed["breaking"] == ["`email` is removed."]
    assert observed["would_ask"] == [
        {
            "team_id": str(reader.id),
            "name": reader.name,
            "reason": "reads `email`",
            "breaking": ["`email` is removed."],
        }
    ]


async def test_observing_notes_only_what_would_have_asked(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, observe=True, mode=Mode.FORWARD)
    await facts.publish(asset, table("id", "email"))
    await facts.publish(asset, table("id"))
    assert EventType.CONTRACT_OBSERVED not in await facts.events(asset_id=asset.id)
    await facts.publish(asset, table("id", "age"))
    (observed,) = await facts.payloads(asset_id=asset.id, type=EventType.CONTRACT_OBSERVED)
    assert observed["would_ask"] == []
    await facts.policy(asset, observe=False, mode=Mode.BACKWARD)
    await facts.publish(asset, table("id"))
    assert len(await facts.payloads(asset_id=asset.id, type=EventType.CONTRACT_OBSERVED)) == 1


async def test_mode_none_never_gates_but_never_hides(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, mode=Mode.NONE)
    await facts.publish(asset, table("id", "email"))
    reader = await facts.team("reader")
    await facts.register(asset, reader)
    published = await facts.publish(asset, table("id"))
    assert published.verdict.action is PublishAction.PUBLISHED
    assert [each.team_id for each in published.told] == [reader.id]


async def test_forward_gates_what_is_added_and_only_tells_what_is_removed(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, mode=Mode.FORWARD)
    await facts.publish(asset, table("id", "email"))
    removed = await facts.publish(asset, table("id"))
    assert removed.verdict.action is PublishAction.PUBLISHED
    added = await facts.publish(asset, table("id", "phone"))
    assert added.verdict.action is PublishAction.PROPOSED


async def test_a_transitive_mode_also_looks_at_versions_before_the_last(facts: Facts) -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    asset = await facts.asset(await facts.team("owner"))
    await facts.policy(asset, mode=Mode.NONE)
    for kind in (text, {"type": ["string", "integer"]}, number):
        await facts.publish(asset, table("id", amount=kind))
    # a number can be read as a number or a text, but the first version wrote texts only
    wider = table("id", amount={"type": ["integer", "null"]})
    await facts.policy(asset, mode=Mode.BACKWARD)
    assert (await preview(facts, asset.id, wider)).verdict.action is PublishAction.PUBLISHED
    await facts.policy(asset, mode=Mode.BACKWARD_TRANSITIVE)
    published = await facts.publish(asset, wider)
    assert published.verdict.action is PublishAction.PROPOSED
    assert any("Compared with 1.0.0" in each.sentence for each in published.verdict.gating)


async def test_a_changed_policy_never_reaches_an_open_proposal(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"), deadline="5d")
    await facts.publish(asset, table("id", "email"))
    await facts.register(asset, await facts.team("reader"), ["email"])
    proposal = await facts.proposed(asset, table("id"))
    await facts.policy(asset, mode=Mode.NONE, observe=True, timeline={"deadline": "1s"})
    frozen = (await facts.detail(proposal.id)).proposal.policy
    assert frozen == proposal.policy
    assert frozen.mode is Mode.BACKWARD
    assert frozen.timeline.deadline.days == 5
    await facts.policy(asset, mode=Mode.FULL, observe=False)
    with pytest.raises(ProposalOpen):
        await facts.publish(asset, table("email"))


# --- trying out ---


async def test_a_preview_says_what_would_happen_and_writes_nothing(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    reader, other = await facts.team("reader"), await facts.team("other")
    await facts.register(asset, reader, ["email"])
    await facts.register(asset, other, ["id"])
    before = await facts.events(asset_id=asset.id)
    found = await preview(facts, asset.id, table("id"))
    assert action_of(found) == (PublishAction.PROPOSED, "2.0.0")
    assert [each.team_id for each in found.asked] == [reader.id]
    assert [each.team_id for each in found.told] == [other.id]
    assert found.proposal is None
    assert await facts.events(asset_id=asset.id) == before


async def test_a_comparison_that_was_made_too_early_is_made_again(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id"))
    wanted = publication(asset.id, table("id", "email"))
    compared = await drafts.compare(facts.database, facts.comparer, wanted)
    await facts.publish(asset, table("id", "fax"))
    published = await contracts.publish(
        facts.database,
        facts.database,
        facts.comparer,
        CALLER,
        wanted,
        Timeline(),
        compared=compared,
    )
    assert action_of(published) == (PublishAction.PROPOSED, "2.0.0")
    assert [change.path for change in published.verdict.gating] == ["fax"]


async def test_a_proposal_to_many_takes_as_many_statements_as_one_to_few(facts: Facts) -> None:
    counts = []
    for readers in (1, 12):
        asset = await facts.asset(await facts.team("owner"))
        await facts.publish(asset, table("id", "email"))
        for number in range(readers):
            await facts.register(asset, await facts.team(f"reader-{number}"), ["email"])
        wanted, runner = publication(asset.id, table("id")), Counting(facts.database)
        published = await contracts.publish(
            facts.database, runner, facts.comparer, CALLER, wanted, Timeline()
        )
        assert len(published.asked) == readers
        counts.append(runner.statements)
    assert counts == [6, 6]
