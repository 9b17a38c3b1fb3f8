"""That a team speaks for another one's use too is kept apart: it outlives its registration."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | Sequence[str] | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "takeovers",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_takeovers_asset_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_takeovers_team_id")),
        sa.PrimaryKeyConstraint("asset_id", "team_id", name=op.f("pk_takeovers")),
    )
    op.execute(
        "INSERT INTO takeovers SELECT asset_id, consumer_team_id, taken_over_at"
        " FROM registrations WHERE taken_over_at IS NOT NULL"
    )
    op.drop_column("registrations", "taken_over_at")


def downgrade() -> None:
    op.add_column("registrations", sa.Column("taken_over_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE registrations r SET taken_over_at = t.since FROM takeovers t"
        " WHERE t.asset_id = r.asset_id AND t.team_id = r.consumer_team_id"
    )
    op.drop_table("takeovers")
