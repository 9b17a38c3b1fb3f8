"""The second part: the same with schemas that nobody made up, CycloneDX 1.4 to 1.7."""

from dataclasses import dataclass

from tessera_sdk import ProposalStatus, Response
from tessera_sdk.cli.screens.changes import change_count, is_breaking
from tessera_sdk.models import Proposal

from embedded.demo.cast import Cast, gather
from embedded.demo.cyclonedx import Bundle, bill_of_materials, with_citations
from embedded.demo.expectations import expect, given
from embedded.demo.scene import Ending, Scene

READ_BY = {
    "inventory": "components",
    "vulnerability-desk": "vulnerabilities",
    "archive": "serialNumber",
}
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Schemas:
    """The versions of the specification, by number."""

    v1_4: Bundle
    v1_5: Bundle
    v1_6: Bundle
    v1_6_with_citations: Bundle
    v1_7: Bundle

    @classmethod
    def read(cls) -> "Schemas":
        """Read them from the installed package; raises `StoryFailed` if it is missing."""
        v1_4, v1_5, v1_6, v1_7 = map(bill_of_materials, ("1.4", "1.5", "1.6", "1.7"))
        return cls(v1_4, v1_5, v1_6, with_citations(v1_6, v1_7), v1_7)


async def play_bill_of_materials(scene: Scene, schemas: Schemas) -> None:
    """Play the part from CycloneDX 1.4 to 1.7."""
    scene.teller.act("Real schemas: the CycloneDX bill of materials")
    cast = await _introduce(scene, schemas.v1_4)
    await _breaking(scene, cast, schemas.v1_5, "1.4", "1.5", "2.0.0")
    await _breaking(scene, cast, schemas.v1_6, "1.5", "1.6", "3.0.0")
    await _citations(scene, cast, schemas.v1_6_with_citations)
    await _two_questions(scene, cast, schemas.v1_7)
    await _breaking(scene, cast, schemas.v1_7, "1.6", "1.7", "4.0.0")


async def _introduce(scene: Scene, first: Bundle) -> Cast:
    cast = await gather(
        scene.client,
        owner="bom-publisher",
        consumers=tuple(READ_BY),
        fqn="supply-chain.bom",
        kind="topic",
    )
    teller, asset = scene.teller, cast.asset
    await teller.step(f"CycloneDX 1.4 is the first contract of `{asset.fqn}`")
    published = await scene.publish(asset, "published", documents=first.documents, root=first.root)
    contract = given(published.contract, "A publication must show its contract.")
    fields = (await scene.client.contracts.get(contract.id)).fields
    expect(any(field.path == "components" for field in fields), "It must have `components`.")
    siblings = sorted(each.rpartition("/")[2] for each in first.documents if each != first.root)
    teller.happened(f"Published `1.0.0`: a bundle of {len(first.documents)} documents.")
    teller.say(f"The schema itself, and what it refers to: {' and '.join(siblings)}.")
    teller.say(f"{len(fields)} fields. Nothing is fetched: what is not in the bundle is refused.")
    for part, path in READ_BY.items():
        team = cast.consumers[part]
        await scene.client.registrations.create(asset.id, team.id, fields=[path])
        teller.say(f"`{team.name}` reads `{path}`.")
    return cast


async def _breaking(
    scene: Scene, cast: Cast, bundle: Bundle, before: str, after: str, version: str
) -> None:
    """Publish what breaks: it is proposed, everybody asked is ready, and it is published."""
    teller, asset = scene.teller, cast.asset
    await teller.step(f"CycloneDX {after} instead of {before}")
    result = await scene.publish(asset, "proposed", documents=bundle.documents, root=bundle.root)
    opened = given(result.proposal, "A proposed publication must show its proposal.")
    expect(opened.version == version, f"It must become {version}, not {opened.version}.")
    expect(any(is_breaking(change) for change in opened.changes), "Some change must break.")
    teller.say(f"{change_count(opened.changes)}. The first of them:")
    teller.changes(opened.changes, at_most=SHOWN)
    proposal = await scene.asked(opened)
    asked = {party.team.name for party in proposal.parties}
    inventory, archive = cast.consumers["inventory"].name, cast.consumers["archive"].name
    expect(inventory in asked, f"`{inventory}` reads what breaks and must be asked.")
    expect(archive not in asked, f"`{archive}` reads nothing that breaks and must not be asked.")
    teller.parties(proposal)
    teller.watch(proposal)
    ended = await _all_ready(scene, proposal)
    await scene.expect_active(asset, version)
    teller.happened(f"{_named(asked)} ready, so `{version}` is published.")
    scene.endings.append(
        Ending(f"{asset.fqn} {version}", f"{before} → {after}", ended.status, "all are ready")
    )


async def _all_ready(scene: Scene, proposal: Proposal) -> Proposal:
    *others, last = (given(party.team.id, "A party has an id.") for party in proposal.parties)
    note = "Our parser is ready."
    for team_id in others:
        await scene.client.proposals.acknowledge(proposal.id, team_id, Response.APPROVED, note=note)
    return await scene.last_answer(
        proposal, last, Response.APPROVED, note, ProposalStatus.PUBLISHED
    )


async def _citations(scene: Scene, cast: Cast, bundle: Bundle) -> None:
    teller, asset = scene.teller, cast.asset
    await teller.step("1.6 with the optional `citations` of 1.7")
    result = await scene.publish(asset, "published", documents=bundle.documents, root=bundle.root)
    expect(result.version == "3.1.0", f"It must become 3.1.0, not {result.version}.")
    teller.changes(result.changes, at_most=SHOWN)
    teller.happened("Compatible: published at once as `3.1.0`.")
    scene.endings.append(
        Ending(f"{asset.fqn} 3.1.0", "adds citations", "published", "breaks nobody")
    )


async def _two_questions(scene: Scene, cast: Cast, bundle: Bundle) -> None:
    """Show that what counts as breaking is the asset's own choice, then choose."""
    teller, asset = scene.teller, cast.asset
    await teller.step("What would 1.7 do? A dry run asks without publishing")
    tried = await scene.publish(
        asset, "published", documents=bundle.documents, root=bundle.root, dry_run=True
    )
    refused = sum(change.breaks_forward for change in tried.changes)
    expect(refused > 0, "1.7 must write something that a reader of 1.6 refuses.")
    teller.say(f"{change_count(tried.changes)}. Two questions are answered apart:")
    teller.happened("Can 1.7 read what 1.6 wrote? Yes, all of it.")
    teller.refused(f"Can 1.6 read what 1.7 writes? No: {refused} changes are new to it.")
    teller.say("Only the first one counts by default, so 1.7 would be published at once.")
    teller.say(f"`{cast.owner.name}` chooses that both count, since readers are slow to upgrade.")
    policy = await scene.client.assets.set_policy(asset.id, {"mode": "full"})
    expect(policy.mode == "full", f"The policy must be `full` now; it is {policy.mode}.")
    teller.happened("The policy of the asset is `full` now. Loosening it would be in the log too.")


def _named(names: set[str]) -> str:
    """`billing and marketing are`, `billing is`."""
    listed = [f"`{name}`" for name in sorted(names)]
    return f"{' and '.join(listed)} {'is' if len(listed) == 1 else 'are'}"
