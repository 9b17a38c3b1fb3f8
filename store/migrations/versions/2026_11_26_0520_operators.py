"""What operators say about a proposal: more time, its end, and the first of two words to force."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0017"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("proposals", sa.Column("cancelled", JSONB(), nullable=True))
    op.add_column("proposals", sa.Column("force_requested", JSONB(), nullable=True))
    op.add_column(
        "proposals",
        sa.Column(
            "extended_by", sa.Interval(), nullable=False, server_default=sa.text("'0'::interval")
        ),
    )


def downgrade() -> None:
    for name in ("extended_by", "force_requested", "cancelled"):
        op.drop_column("proposals", name)
