"""The Slack workspace that this server is installed in: one, with its token encrypted."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from store.encrypted_columns import SLACK_TOKEN
from store.encryption import Encryption
from store.rows import Id, Row, Stamp, new_id
from store.sql import Sql

INSTALLATION_LOCK = 0x7E55_51AC
"""Key of the advisory lock under which it is installed."""


class SlackInstallationRow(Row):
    """Installing again replaces the token; another workspace takes the place of the last."""

    __tablename__ = "slack_installations"

    id: Mapped[Id]
    workspace_id: Mapped[str] = mapped_column(unique=True)
    workspace_name: Mapped[str]
    bot_user_id: Mapped[str | None]
    scopes: Mapped[str]
    token: Mapped[str]
    installed_at: Mapped[datetime]
    created_at: Mapped[Stamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackInstallation:
    """What Slack said when the app was installed."""

    workspace_id: str
    workspace_name: str
    bot_user_id: str | None
    scopes: str
    token: str | None = field(repr=False)
    """None: no key that we have decrypts it."""


class SlackInstallations:
    """Reads and writes the installation."""

    def __init__(self, sql: Sql, encryption: Encryption) -> None:
        self._sql = sql
        self._encryption = encryption

    async def lock(self) -> None:
        """Let nobody else install meanwhile."""
        await self._sql.execute(select(func.pg_advisory_xact_lock(INSTALLATION_LOCK)))

    async def current(self) -> SlackInstallation | None:
        """Return the installation, if there is one."""
        row = await self._sql.row(
            select(SlackInstallationRow).order_by(SlackInstallationRow.installed_at.desc()).limit(1)
        )
        if row is None:
            return None
        return SlackInstallation(
            workspace_id=row.workspace_id,
            workspace_name=row.workspace_name,
            bot_user_id=row.bot_user_id,
            scopes=row.scopes,
            token=SLACK_TOKEN.decrypt(self._encryption, row.id, row.token),
        )

    async def remove(self) -> None:
        """Forget the installation and its token; its lock is held."""
        await self._sql.execute(delete(SlackInstallationRow))

    async def replace(self, installation: SlackInstallation) -> None:
        """Keep this installation and no other; its lock is held."""
        assert installation.token is not None, "what is installed has a token"
        row_id: UUID = new_id()
        await self._sql.execute(delete(SlackInstallationRow))
        await self._sql.execute(
            insert(SlackInstallationRow).values(
                id=row_id,
                workspace_id=installation.workspace_id,
                workspace_name=installation.workspace_name,
                bot_user_id=installation.bot_user_id,
                scopes=installation.scopes,
                token=SLACK_TOKEN.encrypt(self._encryption, row_id, installation.token),
                installed_at=func.clock_timestamp(),
            )
        )
