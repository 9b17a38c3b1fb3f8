"""What is published together: many contracts told in one message, and releases."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | Sequence[str] | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_by", postgresql.JSONB(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("cancelled", postgresql.JSONB(), nullable=True),
        sa.Column("failed_proposal_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
    )
    op.add_column("proposals", sa.Column("together_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("proposals", sa.Column("release_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_proposals_release_id_releases"), "proposals", "releases", ["release_id"], ["id"]
    )
    op.create_index(
        "ix_proposals_release_id",
        "proposals",
        ["release_id"],
        postgresql_where=sa.text("release_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_proposals_release_id", "proposals")
    op.drop_constraint(op.f("fk_proposals_release_id_releases"), "proposals")
    op.drop_column("proposals", "release_id")
    op.drop_column("proposals", "together_at")
    op.drop_table("releases")
