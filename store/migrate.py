"""Bringing a database to the schema that this code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Upgrade the database to the newest revision; safe to repeat and to run twice at once.

    Must not be called from a running event loop: Alembic's environment starts its own.
    """
    command.upgrade(_config(url), "head")


def known_revisions() -> tuple[str, ...]:
    """Return every revision that this code knows, the newest first."""
    scripts = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return tuple(script.revision for script in scripts)


def _config(url: str | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["url"] = url
    return config
