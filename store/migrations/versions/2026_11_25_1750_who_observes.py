"""Observing may be said by a team for its assets; an asset that says nothing follows."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("teams", sa.Column("observe", sa.Boolean(), nullable=True))
    op.alter_column("assets", "observe", existing_type=sa.Boolean(), nullable=True)
    op.execute("UPDATE assets SET observe = NULL WHERE NOT observe")


def downgrade() -> None:
    op.execute("UPDATE assets SET observe = false WHERE observe IS NULL")
    op.alter_column("assets", "observe", existing_type=sa.Boolean(), nullable=False)
    op.drop_column("teams", "observe")
