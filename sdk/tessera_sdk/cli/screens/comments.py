"""What is said about proposals, and what is made of what, on screen."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import done, identifier, indented, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import now, when
from tessera_sdk.models import Asset, Objection
from tessera_sdk.said import Comment, Dependency


def comment_list(comments: Sequence[Comment]) -> Iterator[RenderableType]:
    if not comments:
        yield "  Nobody has said anything yet."
        return
    grid, present = table("Comment", "Team", "By", "When", "Answers"), now()
    for each in comments:
        said = Text(each.text).append("\n").append_text(identifier(each.id))
        answers = "" if each.reply_to is None else each.reply_to
        grid.add_row(said, each.team.name, each.by or "", when(each.at, present), answers)
    yield indented(grid)


def objection_list(objections: Sequence[Objection]) -> Iterator[RenderableType]:
    if not objections:
        yield "  Nobody objects."
        return
    grid, present = table("Reason", "Team", "By", "When"), now()
    for each in objections:
        grid.add_row(each.reason, each.team.name, each.by or "", when(each.at, present))
    yield indented(grid)


def commented(made: Comment) -> Iterator[RenderableType]:
    yield done(f"The comment of `{made.team.name}` is recorded.")
    yield Text("  Answer it with --reply-to ").append_text(identifier(made.id))


def objected(made: Objection) -> Iterator[RenderableType]:
    yield done(f"The objection of `{made.team.name}` is recorded; it is no veto.")


def dependency_list(found: Sequence[Dependency]) -> Iterator[RenderableType]:
    if not found:
        yield "  Nobody has said so of any."
        return
    grid, present = table("Asset", "Is made of", "Said by", "When"), now()
    for each in found:
        grid.add_row(
            name_of(each.downstream),
            name_of(each.upstream),
            each.declared_by or "",
            when(each.declared_at, present),
        )
    yield indented(grid)


def dependency_put(made: Dependency) -> Iterator[RenderableType]:
    yield done(f"`{name_of(made.downstream)}` is made of `{name_of(made.upstream)}`.")


def dependency_removed(asset: Asset, upstream: Asset) -> Iterator[RenderableType]:
    yield done(f"`{name_of(asset)}` is no longer made of `{name_of(upstream)}`.")
