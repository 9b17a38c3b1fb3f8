"""`tessera proposal comment`, `comments`, `object`, `objections`"""

from typing import Annotated

import typer

from tessera_sdk.cli.commands.operators import group
from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit, ProposalArgument, TeamOption
from tessera_sdk.cli.session import session

__all__ = ["group"]
"""The group of `commands.operators`, with what stands here."""


@group.command("comment")
def comment(
    ctx: typer.Context,
    proposal: ProposalArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    team: TeamOption,
    reply_to: Annotated[
        str | None, typer.Option("--reply-to", metavar="ID", help="The comment that it answers.")
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Say something about a proposal for a team that is involved. It decides nothing.

    Example:  tessera proposal comment orders.customers "When does it go?" --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import commented

        made = s.client.comments.create(
            s.proposal(proposal).id,
            s.team(team).id,
            text,
            reply_to=reply_to,
            idempotency_key=idempotency_key,
        )
        s.show(made, lambda: commented(made))


@group.command("comments")
def comments(
    ctx: typer.Context,
    proposal: ProposalArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List what was said about a proposal, the newest first."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import comment_list

        found = s.client.comments.list(s.proposal(proposal).id, limit=limit, cursor=cursor)
        s.show_listing(found, comment_list, everything=everything)


@group.command("object")
def object_to(
    ctx: typer.Context,
    proposal: ProposalArgument,
    reason: Annotated[str, typer.Argument(metavar="REASON")],
    team: TeamOption,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Object for a team that is affected only downstream. It is heard, and no veto.

    Example:  tessera proposal object orders.customers "our report is made of it" --team finance
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import objected

        made = s.client.comments.object_to(
            s.proposal(proposal).id, s.team(team).id, reason, idempotency_key=idempotency_key
        )
        s.show(made, lambda: objected(made))


@group.command("objections")
def objections(
    ctx: typer.Context,
    proposal: ProposalArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List the objections to a proposal, the newest first."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import objection_list

        found = s.client.comments.objections(s.proposal(proposal).id, limit=limit, cursor=cursor)
        s.show_listing(found, objection_list, everything=everything)
