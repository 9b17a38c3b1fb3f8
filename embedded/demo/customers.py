"""The first part: a table loses a column that others read, and then nearly another one."""

from datetime import timedelta

from pydantic import JsonValue
from tessera_sdk import ProposalStatus, Response
from tessera_sdk.cli.times import now
from tessera_sdk.models import Proposal, Team

from embedded.demo.cast import Cast, gather
from embedded.demo.expectations import expect, given, proposal_when
from embedded.demo.scene import Ending, Scene

TIME_NEEDED = timedelta(seconds=20)  # the reminder comes `minimum_notice` (14 s) before its end

EMAIL: dict[str, JsonValue] = {"email": {"type": "string", "format": "email"}}
CONTACT: dict[str, JsonValue] = {
    "contact_id": {"type": "string", "description": "Key into the contact service."}
}


def table(*columns: dict[str, JsonValue], required: tuple[str, ...]) -> JsonValue:
    """Return the schema of `customers` with these columns."""
    properties = {name: kind for each in columns for name, kind in each.items()}
    return {"type": "object", "properties": properties, "required": list(required)}


IDENTITY: dict[str, JsonValue] = {"id": {"type": "integer"}}
COUNTRY: dict[str, JsonValue] = {"country": {"type": "string"}}
NEWSLETTER: dict[str, JsonValue] = {"newsletter": {"type": "boolean"}}

FIRST = table(IDENTITY, EMAIL, COUNTRY, required=("id", "email", "country"))
WITH_NEWSLETTER = table(IDENTITY, EMAIL, COUNTRY, NEWSLETTER, required=("id", "email", "country"))
WITH_BOTH = table(
    IDENTITY, EMAIL, COUNTRY, NEWSLETTER, CONTACT, required=("id", "email", "country")
)
WITHOUT_EMAIL = table(IDENTITY, COUNTRY, NEWSLETTER, CONTACT, required=("id", "country"))
WITHOUT_COUNTRY = table(IDENTITY, NEWSLETTER, CONTACT, required=("id",))


async def play_customers(scene: Scene) -> None:
    """Play the part from the first contract to the second proposal's end."""
    scene.teller.act("A table loses a column")
    cast = await _introduce(scene)
    await _first_contracts(scene, cast)
    proposal = await _propose(scene, cast)
    proposal = await _first_answers(scene, cast, proposal)
    await _base_moves(scene, cast, proposal)
    await _reminder(scene, cast, proposal)
    await _published(scene, cast, proposal)
    await _blocked(scene, cast)


async def _introduce(scene: Scene) -> Cast:
    cast = await gather(
        scene.client,
        owner="storefront",
        consumers=("marketing", "billing", "analytics"),
        fqn="shop.customers",
        kind="table",
    )
    marketing, billing, analytics = _consumers(cast)
    teller, asset = scene.teller, cast.asset
    await teller.step(f"Four teams and the table `{asset.fqn}`")
    teller.say(
        f"`{cast.owner.name}` owns it. How long people have is the table's own policy: usually "
        "days; here seconds, so that you can watch."
    )
    await scene.listen([marketing, billing, analytics])
    if scene.hears:
        teller.say(
            "The readers have webhooks, which come here: `✉` is one that came in with a valid "
            "signature."
        )
    return cast


async def _first_contracts(scene: Scene, cast: Cast) -> None:
    teller, asset, client = scene.teller, cast.asset, scene.client
    marketing, billing, analytics = _consumers(cast)
    await teller.step("The first contract, and who reads what")
    first = await scene.publish(asset, "published", schema=FIRST)
    expect(first.version == "1.0.0", f"The first version must be 1.0.0; it is {first.version}.")
    teller.happened("Published `1.0.0`: id, email, country.")
    for team, fields in (
        (marketing, ["email"]),
        (billing, ["id", "email"]),
        (analytics, ["country"]),
    ):
        await client.registrations.create(asset.id, team.id, fields=fields)
        teller.say(f"`{team.name}` reads {' and '.join(f'`{field}`' for field in fields)}.")

    await teller.step("A compatible change needs nobody's consent")
    added = await scene.publish(asset, "published", schema=WITH_NEWSLETTER)
    expect(added.version == "1.1.0", f"An added column must give 1.1.0; it gave {added.version}.")
    teller.changes(added.changes, at_most=3)
    teller.happened("Published at once as `1.1.0`.")
    await scene.letters(*((team, "contract.published") for team in _consumers(cast)))


async def _propose(scene: Scene, cast: Cast) -> Proposal:
    teller, asset = scene.teller, cast.asset
    marketing, billing, analytics = _consumers(cast)
    await teller.step(f"`{cast.owner.name}` drops `email`; a `contact_id` takes its place")
    result = await scene.publish(asset, "proposed", schema=WITHOUT_EMAIL)
    opened = given(result.proposal, "A proposed publication must show its proposal.")
    expect(opened.version == "2.0.0", f"It must be proposed as 2.0.0; it is {opened.version}.")
    await scene.expect_active(asset, "1.1.0")
    teller.changes(opened.changes, at_most=4)
    teller.happened("Not published, but proposed as `2.0.0`. `1.1.0` stays active meanwhile.")
    proposal = await scene.asked(opened)
    asked = {party.team.name for party in proposal.parties}
    expect(
        asked == {marketing.name, billing.name},
        f"Those who read `email` must be asked, nobody else; asked were {sorted(asked)}.",
    )
    told = [team.name for team in proposal.told]
    expect(told == [analytics.name], f"`{analytics.name}` alone must be told; told were {told}.")
    teller.parties(proposal)
    await scene.letters(
        (marketing, "proposal.asked"),
        (billing, "proposal.asked"),
        (analytics, "contract.consumers_told"),
    )
    teller.say("One durable workflow waits for them. Watch it here:")
    teller.watch(proposal)
    return proposal


async def _first_answers(scene: Scene, cast: Cast, proposal: Proposal) -> Proposal:
    teller, proposals = scene.teller, scene.client.proposals
    marketing, billing, _ = _consumers(cast)
    await teller.step(f"`{marketing.name}` is ready, `{billing.name}` needs time")
    await proposals.acknowledge(
        proposal.id, marketing.id, Response.APPROVED, note="We moved to the contact service."
    )
    until = now() + TIME_NEEDED
    proposal = await proposals.acknowledge(
        proposal.id,
        billing.id,
        Response.MIGRATING,
        until=until,
        note="We need `contact_id` beside `email` first.",
    )
    pending = [team.name for team in proposal.pending]
    expect(pending == [billing.name], f"Only `{billing.name}` must be pending; it is {pending}.")
    teller.say(f"`{marketing.name}`: ready. “We moved to the contact service.”")
    teller.say(f"`{billing.name}`: needs time until {until.astimezone():%H:%M:%S}.")
    teller.say("“We need `contact_id` beside `email` first.”")
    teller.happened(f"Still pending, waiting for `{billing.name}`.")
    return proposal


async def _base_moves(scene: Scene, cast: Cast, proposal: Proposal) -> None:
    teller, asset = scene.teller, cast.asset
    marketing, billing, _ = _consumers(cast)
    await teller.step("Meanwhile a compatible change: `contact_id` comes beside `email`")
    moved = await scene.publish(asset, "published", schema=WITH_BOTH)
    expect(moved.version == "1.2.0", f"An added column must give 1.2.0; it gave {moved.version}.")
    teller.happened("Published at once as `1.2.0`, although a proposal is open.")
    await scene.letters(*((team, "contract.published") for team in _consumers(cast)))
    rebased = await proposal_when(
        scene.client,
        proposal.id,
        lambda seen: seen.base_version == "1.2.0" and not seen.base_moved,
        within=scene.patience,
        otherwise="The proposal was not compared with 1.2.0",
    )
    expect(not rebased.confirmation_needed, "Nothing new breaks, so nobody must confirm.")
    states = {party.team.name: party.state for party in rebased.parties}
    expect(
        states == {marketing.name: Response.APPROVED, billing.name: Response.MIGRATING},
        f"Both answers must stay, since what they are asked is the same; they are {states}.",
    )
    teller.happened(
        "The proposal is compared with `1.2.0` now. What breaks is the same: both answers stay."
    )


async def _reminder(scene: Scene, cast: Cast, proposal: Proposal) -> None:
    teller = scene.teller
    _, billing, _ = _consumers(cast)
    await teller.step(f"`{billing.name}` is reminded shortly before its time is up")
    reminded = await proposal_when(
        scene.client,
        proposal.id,
        lambda seen: any(party.reminders for party in seen.parties),
        within=scene.patience,
        otherwise=f"`{billing.name}` was not reminded",
    )
    reminders = {party.team.name: party.reminders for party in reminded.parties}
    expect(reminders[billing.name] == 1, f"One reminder must go out; it is {reminders}.")
    expect(sum(reminders.values()) == 1, f"Nobody else must be reminded; it is {reminders}.")
    await scene.letters((billing, "proposal.reminded"))
    teller.happened("One reminder, to the one team that is waited for.")


async def _published(scene: Scene, cast: Cast, proposal: Proposal) -> None:
    teller, asset = scene.teller, cast.asset
    marketing, billing, _ = _consumers(cast)
    await teller.step(f"`{billing.name}` is ready")
    ended = await scene.last_answer(
        proposal,
        billing.id,
        Response.APPROVED,
        "Invoices use contact_id now.",
        ProposalStatus.PUBLISHED,
    )
    await scene.expect_active(asset, "2.0.0")
    teller.happened("All have agreed, so `2.0.0` is published. `1.2.0` is deprecated.")
    await scene.letters(
        *((team, "contract.published") for team in _consumers(cast)),
        (marketing, "proposal.published"),
        (billing, "proposal.published"),
    )
    scene.endings.append(_ending(ended, "drops email", "all are ready"))


async def _blocked(scene: Scene, cast: Cast) -> None:
    teller, asset = scene.teller, cast.asset
    marketing, billing, analytics = _consumers(cast)
    teller.act("A column that somebody cannot do without")
    await teller.step(f"`{cast.owner.name}` drops `country` as well")
    result = await scene.publish(asset, "proposed", schema=WITHOUT_COUNTRY)
    proposal = await scene.asked(given(result.proposal, "It must show its proposal."))
    asked = [party.team.name for party in proposal.parties]
    expect(asked == [analytics.name], f"`{analytics.name}` alone must be asked; it was {asked}.")
    teller.changes(proposal.changes, at_most=4)
    teller.happened(f"Proposed as `{proposal.version}`. Only `{analytics.name}` reads `country`.")
    await scene.letters(
        (analytics, "proposal.asked"),
        (marketing, "contract.consumers_told"),
        (billing, "contract.consumers_told"),
    )
    teller.watch(proposal)

    await teller.step(f"`{analytics.name}` blocks it")
    reason = "Revenue by country has no other source."
    ended = await scene.last_answer(
        proposal, analytics.id, Response.BLOCKED, reason, ProposalStatus.REJECTED
    )
    expect(ended.cause == "blocked", f"The cause must be `blocked`; it is {ended.cause}.")
    await scene.expect_active(asset, "2.0.0")
    teller.say(f"“{reason}”")
    teller.refused(f"Rejected. `2.0.0` stays active, and `{cast.owner.name}` knows why.")
    await scene.letters((analytics, "proposal.rejected"))
    scene.endings.append(_ending(ended, "drops country", f"{analytics.name} blocked it"))


def _consumers(cast: Cast) -> tuple[Team, Team, Team]:
    return cast.consumers["marketing"], cast.consumers["billing"], cast.consumers["analytics"]


def _ending(proposal: Proposal, change: str, why: str) -> Ending:
    return Ending(f"{proposal.asset.fqn} {proposal.version}", change, proposal.status, why)
