"""Finding the seal of an event, who was asked in a period, and what was observed in one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | Sequence[str] | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_seals_end", "seals", ["end_transaction", "end_sequence"])
    op.create_index(
        "ix_notices_asked", "notices", ["created_at"], postgresql_where=sa.text("kind = 'ask'")
    )
    op.create_index(
        "ix_events_observed",
        "events",
        ["at"],
        postgresql_where=sa.text("type = 'contract.observed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_observed", "events")
    op.drop_index("ix_notices_asked", "notices")
    op.drop_index("ix_seals_end", "seals")
