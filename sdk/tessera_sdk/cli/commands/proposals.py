"""`tessera proposal …`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.commands.contracts import (
    DryRun,
    FileArguments,
    GuaranteesFile,
    WantedVersion,
)
from tessera_sdk.cli.options import (
    All,
    AsJson,
    Cursor,
    Key,
    Limit,
    ProposalArgument,
    TeamOption,
    Wait,
    WithEvidence,
    moment_of,
)
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from tessera_sdk.models import Proposal
    from tessera_sdk.words import Response

group = typer.Typer(
    help="Proposals are breaking changes that wait for their consumers.", no_args_is_help=True
)


@group.command("list")
def list_(
    ctx: typer.Context,
    asset: Annotated[str | None, typer.Option("--asset", metavar="ASSET")] = None,
    team: Annotated[
        str | None, typer.Option("--team", metavar="NAME", help="Those that ask this team.")
    ] = None,
    producer: Annotated[
        str | None, typer.Option("--producer", metavar="TEAM", help="Those of this team's assets.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            metavar="STATUS",
            help="pending, approved, published, rejected, withdrawn or expired.",
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List proposals, the newest first.

    Example:  tessera proposal list --status pending --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.proposals import proposal_list

        listing = s.client.proposals.list(
            status=status,
            asset_id=s.asset(asset).id if asset else None,
            party_team_id=s.team(team).id if team else None,
            producer_team_id=s.team(producer).id if producer else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(listing, proposal_list, everything=everything)


@group.command("show")
def show(
    ctx: typer.Context,
    proposal: ProposalArgument,
    witness: WithEvidence = False,
    as_json: AsJson = False,
) -> None:
    """Show a proposal: what breaks, who is asked, who has answered.

    Example:  tessera proposal show orders.customers --witness
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.proposals import proposal_shown
        from tessera_sdk.words import EVIDENCE

        found = s.proposal(proposal, include=EVIDENCE if witness else ())
        s.show(found, lambda: proposal_shown(found))


@group.command("proof")
def proof(
    ctx: typer.Context,
    proposal: ProposalArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: the standard output."),
    ] = None,
) -> None:
    """Write who was asked what, by which deliveries, who answered, and where that is sealed.

    JSON, which `tessera events verify --proof` holds against the log. The proposal's page has the
    same to print.

    Example:  tessera proposal proof orders.customers --output proof.json
    """
    with session(ctx) as s:
        found = s.client.proposals.proof(s.proposal(proposal).id)
        if output is None:
            s.print_json(found.wire)
            return
        from tessera_sdk.cli.files import write_json
        from tessera_sdk.cli.screens.proofs import proof_written

        write_json(output, found.wire)
        s.show_done(lambda: proof_written(found, str(output)))


AnswerArgument = Annotated[
    str, typer.Argument(metavar="ANSWER", help="ready, needs-time or blocked.")
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="WHEN", help="With needs-time: 2027-01-31, +3d, friday, tomorrow."
    ),
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Shown to the producer.")]


@group.command("acknowledge")
def acknowledge(
    ctx: typer.Context,
    proposal: ProposalArgument,
    answer: AnswerArgument,
    team: TeamOption,
    until: Until = None,
    note: Note = None,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Answer a proposal for a consumer team. The last answer of a team counts.

    Example:  tessera proposal acknowledge orders.customers --team marketing ready

    Example:  tessera proposal acknowledge orders.customers --team billing needs-time --until friday
    """
    response, moment = parse_answer(answer), moment_of(until, "--until")
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.proposals import answered

        consumer, found = s.team(team), s.proposal(proposal)
        after = s.client.proposals.acknowledge(
            found.id,
            consumer.id,
            response,
            note=note,
            until=moment,
            changes_hash=found.asked_of(consumer.id),
            wait=wait,
            idempotency_key=idempotency_key,
        )
        s.show(after, lambda: answered(consumer.name, response, moment, after))


def parse_answer(text: str) -> "Response":
    from tessera_sdk.words import Response

    try:
        return Response.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="ANSWER") from None


@group.command("revise")
def revise(
    ctx: typer.Context,
    proposal: ProposalArgument,
    files: FileArguments,
    version: WantedVersion = None,
    guarantees: GuaranteesFile = None,
    dry_run: DryRun = False,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Propose another schema in the place of what is proposed.

    Teams whose changes are the same keep their answer; the others are asked anew.

    Example:  tessera proposal revise orders.customers customers.json
    """
    from tessera_sdk.cli.files import read_bundle, read_object
    from tessera_sdk.cli.screens.revisions import revision_preview

    bundle = read_bundle(files)
    promises = read_object(guarantees) if guarantees else None
    with session(ctx, as_json=as_json) as s:
        found = s.proposal(proposal).id
        if dry_run:
            preview = s.client.proposals.preview_revision(
                found, **bundle.as_content(), version=version, guarantees=promises
            )
            s.show(preview, lambda: revision_preview(preview))
            return
        after = s.client.proposals.revise(
            found,
            **bundle.as_content(),
            version=version,
            guarantees=promises,
            wait=wait,
            idempotency_key=idempotency_key,
        )
        show_step(s, f"Revision {after.revision} is recorded.", after)


@group.command("delegate")
def delegate(
    ctx: typer.Context,
    proposal: ProposalArgument,
    team: TeamOption,
    to: Annotated[
        str | None, typer.Option("--to", metavar="USER", help="An e-mail address or id.")
    ] = None,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Hand a team's answer to one of its people, who is asked and reminded in its place.

    Without --to it is the team's again.

    Example:  tessera proposal delegate orders.customers --team marketing --to ann@example.com
    """
    with session(ctx, as_json=as_json) as s:
        consumer = s.team(team)
        person = None if to is None else s.client.users.find(to)
        after = s.client.proposals.delegate(
            s.proposal(proposal).id,
            consumer.id,
            None if person is None else person.id,
            wait=wait,
            idempotency_key=idempotency_key,
        )
        whose = "its own again" if person is None else f"handed to {person.name}"
        show_step(s, f"The answer of {consumer.name} is {whose}.", after)


@group.command("withdraw")
def withdraw(
    ctx: typer.Context,
    proposal: ProposalArgument,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT")] = None,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Take a proposal back; nothing is published."""
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.withdraw(
            s.proposal(proposal).id, reason=reason, wait=wait, idempotency_key=idempotency_key
        )
        show_step(s, "The withdrawal is recorded.", after)


@group.command("force")
def force(
    ctx: typer.Context,
    proposal: ProposalArgument,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Recorded, and told to every party.")
    ],
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Publish without the missing answers; for administrators.

    Where the policy says `force=two_persons` another one has to say the same.

    Example:  tessera proposal force orders.customers --reason "leaks personal details"
    """
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.force(
            s.proposal(proposal).id, reason, wait=wait, idempotency_key=idempotency_key
        )
        halfway = after.force_requested is not None and after.forced is None
        rest = " It takes a second person too." if halfway else ""
        show_step(s, f"The order to publish is recorded.{rest}", after)


@group.command("publish")
def publish(
    ctx: typer.Context,
    proposal: ProposalArgument,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Publish an approved proposal, where the policy says `publish=on_demand`."""
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.publish(
            s.proposal(proposal).id, wait=wait, idempotency_key=idempotency_key
        )
        show_step(s, "The wish to publish is recorded.", after)


@group.command("confirm")
def confirm(
    ctx: typer.Context,
    proposal: ProposalArgument,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Accept that the active contract changed meanwhile and go on with the proposal."""
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.confirm(
            s.proposal(proposal).id, wait=wait, idempotency_key=idempotency_key
        )
        show_step(s, "The confirmation is recorded.", after)


def show_step(s: Session, sentence: str, proposal: "Proposal") -> None:
    from tessera_sdk.cli.screens.proposals import step_taken

    s.show(proposal, lambda: step_taken(sentence, proposal))
