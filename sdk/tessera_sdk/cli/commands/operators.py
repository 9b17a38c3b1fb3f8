"""What operators do about a proposal: `tessera proposal ask-again …` and the like."""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.commands.proposals import group, show_step
from tessera_sdk.cli.options import AsJson, Key, ProposalArgument, Wait
from tessera_sdk.cli.session import session

if TYPE_CHECKING:
    from tessera_sdk.models import Proposal

__all__ = ["group"]
"""The group of `commands.proposals`, with what stands here."""

TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="By name or id.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Stands in the log.")]


@group.command("ask-again")
def ask_again(
    ctx: typer.Context,
    proposal: ProposalArgument,
    team: TeamArgument,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Remind one party now, out of turn: after a channel was mended, say.

    Example:  tessera proposal ask-again orders.customers marketing
    """
    with session(ctx, as_json=as_json) as s:
        party, before = s.team(team), s.proposal(proposal)
        after = s.client.proposals.ask_again(before.id, party.id, idempotency_key=idempotency_key)
        told = _reminders(after, party.id) > _reminders(before, party.id)
        sentence = "is asked again." if told else "was told just now, and is not told again."
        show_step(s, f"`{party.name}` {sentence}", after)


def _reminders(proposal: "Proposal", team_id: str) -> int:
    return sum(each.reminders for each in proposal.parties if each.team.id == team_id)


@group.command("extend")
def extend(
    ctx: typer.Context,
    proposal: ProposalArgument,
    by: Annotated[str, typer.Option("--by", metavar="TIME", help="36h, 7d or ISO 8601.")],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT")] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Give everybody who is waited for more time, as far as the policy lets it be.

    Example:  tessera proposal extend orders.customers --by 7d --reason "the holidays"
    """
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.extend(
            s.proposal(proposal).id, by, reason=reason, idempotency_key=idempotency_key
        )
        show_step(s, "Everybody has more time.", after)


@group.command("reassign")
def reassign(
    ctx: typer.Context,
    proposal: ProposalArgument,
    team: TeamArgument,
    to: Annotated[str, typer.Option("--to", metavar="TEAM", help="Who reads it now.")],
    reason: Reason,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Have another team asked in the place of one; for administrators.

    The registration goes over to it, for this proposal and all that come.

    Example:  tessera proposal reassign orders.customers marketing --to growth --reason "it moved"
    """
    with session(ctx, as_json=as_json) as s:
        party, other = s.team(team), s.team(to)
        after = s.client.proposals.reassign(
            s.proposal(proposal).id, party.id, other.id, reason, idempotency_key=idempotency_key
        )
        show_step(s, f"`{other.name}` is asked in the place of `{party.name}`.", after)


@group.command("cancel")
def cancel(
    ctx: typer.Context,
    proposal: ProposalArgument,
    reason: Reason,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """End a proposal in its producer's place; for administrators. Nothing is published.

    Example:  tessera proposal cancel orders.customers --reason "proposed by mistake"
    """
    with session(ctx, as_json=as_json) as s:
        after = s.client.proposals.cancel(
            s.proposal(proposal).id, reason, wait=wait, idempotency_key=idempotency_key
        )
        show_step(s, "The cancellation is recorded.", after)
