"""Since when a registration speaks for another team's use too: no earlier answer was for that."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | Sequence[str] | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("registrations", sa.Column("taken_over_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("registrations", "taken_over_at")
