"""`tessera contract …`"""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.options import (
    All,
    AsJson,
    AssetArgument,
    Cursor,
    Key,
    Limit,
    Wait,
    WithEvidence,
    moment_of,
)
from tessera_sdk.cli.session import session

if TYPE_CHECKING:
    from pydantic import JsonValue

    from tessera_sdk.cli.exits import Exit
    from tessera_sdk.models import PublishResult

group = typer.Typer(help="Contracts are the published versions of an asset.", no_args_is_help=True)

ContractArgument = Annotated[
    str,
    typer.Argument(metavar="ASSET", help="The asset, or the id of one contract."),
]


FileArguments = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="JSON Schema. Several are a bundle: the first is the root, and they refer to each "
        "other by file name. `-` is standard input.",
    ),
]
WantedVersion = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="Chosen by the change if left out."),
]
GuaranteesFile = Annotated[
    str | None, typer.Option("--guarantees", metavar="FILE", help="Promises about the rows.")
]
PublishAt = Annotated[
    str | None,
    typer.Option(
        "--publish-at",
        metavar="WHEN",
        help="Publish then and not before: 2027-01-31T09:00Z, +3d, friday, tomorrow.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would happen and who would be asked.")
]
Gate = Annotated[
    bool, typer.Option("--gate", help="Exit with 4 while consumers have not agreed, for CI.")
]


WantedTimeline = Annotated[
    list[str] | None,
    typer.Option(
        "--timeline",
        metavar="KEY=VALUE",
        help="More time or notice than the asset's policy gives, such as deadline=21d.",
    ),
]


@group.command("publish")
def publish(
    ctx: typer.Context,
    asset: AssetArgument,
    files: FileArguments,
    version: WantedVersion = None,
    guarantees: GuaranteesFile = None,
    timeline: WantedTimeline = None,
    publish_at: PublishAt = None,
    dry_run: DryRun = False,
    gate: Gate = False,
    witness: WithEvidence = False,
    wait: Wait = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Publish a schema; a breaking change is proposed to its consumers instead.

    A dry run shows records that break and ways round, as --witness does.

    Example:  tessera contract publish orders.customers customers.json

    Example:  tessera contract publish orders.customers customers.json --dry-run --gate
    """
    from tessera_sdk.cli.files import read_bundle, read_object

    bundle = read_bundle(files)
    promises = read_object(guarantees) if guarantees else None
    moment = moment_of(publish_at, "--publish-at")
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.contracts import publish_screen
        from tessera_sdk.words import EVIDENCE

        found = s.asset(asset)
        result = s.client.contracts.publish(
            found.id,
            **bundle.as_content(),
            version=version,
            guarantees=promises,
            timeline=parse_timeline(timeline or []),
            publish_at=moment,
            dry_run=dry_run,
            include=EVIDENCE if dry_run or witness else (),
            wait=wait,
            idempotency_key=idempotency_key,
        )
        s.show(result, lambda: publish_screen(found, result, dry_run=dry_run))
    raise typer.Exit(exit_code_of_publish(result, gate=gate))


def parse_timeline(settings: list[str]) -> "dict[str, JsonValue]":
    """`deadline=21d`; the server judges it."""
    found: dict[str, JsonValue] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise typer.BadParameter(f"{setting!r} is not KEY=VALUE.", param_hint="--timeline")
        found[key.strip().replace("-", "_")] = text.strip()
    return found


def exit_code_of_publish(result: "PublishResult", *, gate: bool) -> "Exit":
    """A proposal is no failure unless it ended badly; `--gate` also fails while it is open."""

    from tessera_sdk.cli.exits import Exit
    from tessera_sdk.words import OPEN_STATUSES, Action, ProposalStatus

    if result.action != Action.PROPOSED:
        return Exit.OK
    status = result.proposal.status if result.proposal else ProposalStatus.PENDING
    if status == ProposalStatus.PUBLISHED:
        return Exit.OK
    if status in OPEN_STATUSES:
        return Exit.GATED if gate else Exit.OK
    return Exit.REFUSED


@group.command("list")
def list_(
    ctx: typer.Context,
    asset: AssetArgument,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="active, deprecated or retired."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List an asset's contracts."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import name_of
        from tessera_sdk.cli.screens.contracts import contract_list

        found = s.asset(asset)
        contracts = s.client.contracts.list(found.id, status=status, limit=limit, cursor=cursor)
        s.show_listing(
            contracts, lambda listed: contract_list(name_of(found), listed), everything=everything
        )


@group.command("show")
def show(
    ctx: typer.Context,
    contract: ContractArgument,
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Default: the active one.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print only the schema, as JSON.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a contract: its fields and guarantees.

    Example:  tessera contract show orders.customers --version 1.0.0
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.contracts import contract_shown

        found = s.contract(contract, version)
        if schema:
            s.print_json(found.content if found.content is not None else found.documents)
        else:
            s.show(found, lambda: contract_shown(found))


@group.command("diff")
def diff(
    ctx: typer.Context,
    asset: AssetArgument,
    old: Annotated[str, typer.Argument(metavar="FROM", help="A version.")],
    new: Annotated[
        str | None, typer.Argument(metavar="[TO]", help="A version; default: the active one.")
    ] = None,
    witness: WithEvidence = False,
    as_json: AsJson = False,
) -> None:
    """Show what changed between two versions.

    Example:  tessera contract diff orders.customers 1.0.0 2.0.0
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import name_of
        from tessera_sdk.cli.screens.changes import diff_shown
        from tessera_sdk.words import EVIDENCE

        found = s.asset(asset)
        target = new or s.active_version(found)
        include = EVIDENCE if witness else ()
        changes = s.client.contracts.diff_versions(found.id, old, target, include=include)
        s.show(changes, lambda: diff_shown(name_of(found), old, target, changes))


@group.command("compare")
def compare(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A JSON file; `-` is standard input.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A JSON file.")],
    mode: Annotated[
        str | None,
        typer.Option("--mode", metavar="MODE", help="Which breaks ask for consent. [backward]"),
    ] = None,
    content_model: Annotated[
        str | None,
        typer.Option("--content-model", metavar="MODEL", help="closed or open. [closed]"),
    ] = None,
    witness: WithEvidence = False,
    as_json: AsJson = False,
) -> None:
    """Compare two files by the server's engine; nothing is published and no asset is needed.

    The exit code is 4 if something breaks and 5 if only something undecided does.
    `tessera diff` does the same without a server.

    Example:  tessera contract compare customers.json customers-next.json --mode full
    """
    from tessera_sdk.cli.files import read_json

    before, after = read_json(old), read_json(new)
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.exits import exit_code_of_changes
        from tessera_sdk.cli.screens.changes import comparison_shown
        from tessera_sdk.words import EVIDENCE

        compared = s.client.contracts.compare(
            before,
            after,
            mode=mode,
            content_model=content_model,
            include=EVIDENCE if witness else (),
        )
        s.show(compared, lambda: comparison_shown(old, new, compared))
    raise typer.Exit(exit_code_of_changes(compared.changes))
