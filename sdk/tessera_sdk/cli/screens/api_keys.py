"""Keys, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from tessera_sdk.cli.screen import done, facts, heading, identifier, table
from tessera_sdk.cli.times import ago, now, when
from tessera_sdk.people import ApiKey


def key_made(key: ApiKey) -> Iterator[RenderableType]:
    yield done(f"Key `{key.name}` is there.")
    yield facts(
        ("Key", key.key), ("Id", identifier(key.id)), ("Expires", when(key.expires_at, now()))
    )
    if key.key:
        yield "  It is shown only now: nobody can show it again."


def key_shown(key: ApiKey) -> Iterator[RenderableType]:
    present = now()
    yield heading(key.name)
    yield facts(
        ("Id", identifier(key.id)),
        ("Begins with", f"tsr_{key.prefix}"),
        ("Scope", key.scope),
        ("Status", key.status),
        ("Of team", key.team_id and (key.holder or identifier(key.team_id))),
        ("Of user", key.user_id and (key.holder or identifier(key.user_id))),
        ("Expires", when(key.expires_at, present)),
        ("Last used", ago(key.last_used_at, present) or "never"),
        ("Replaced by", key.successor_id and identifier(key.successor_id)),
    )


def key_list(keys: Sequence[ApiKey]) -> Iterator[RenderableType]:
    if not keys:
        yield "No key. `tessera keys create NAME --team TEAM` makes one."
        return
    grid = table("Key", "Of", "Scope", "Status", "Used", "Id", ids_in="Id")
    present = now()
    for key in keys:
        used = ago(key.last_used_at, present) or "never"
        grid.add_row(key.name, key.holder, key.scope, key.status, used, identifier(key.id))
    yield grid


def key_revoked(key: ApiKey) -> Iterator[RenderableType]:
    yield done(f"Key `{key.name}` opens nothing any more.")
