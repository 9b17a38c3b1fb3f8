"""Teams say when they work, who answers, and who hears of silence; answers are handed on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0019"
down_revision: str | Sequence[str] | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("teams", sa.Column("timeline", JSONB(), nullable=False, server_default="{}"))
    op.add_column(
        "teams", sa.Column("who_answers", sa.Text(), nullable=False, server_default="members")
    )
    op.add_column("teams", sa.Column("answerers", JSONB(), nullable=False, server_default="[]"))
    op.add_column("teams", sa.Column("fallback", JSONB(), nullable=True))
    op.create_table(
        "team_calendars",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("calendar", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_calendars_team_id"),
        sa.PrimaryKeyConstraint("team_id", name="pk_team_calendars"),
    )
    op.add_column("parties", sa.Column("calendar", JSONB(), nullable=True))
    op.add_column("parties", sa.Column("delegate_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_parties_delegate_id", "parties", "users", ["delegate_id"], ["id"])


def downgrade() -> None:
    op.drop_column("parties", "delegate_id")
    op.drop_column("parties", "calendar")
    op.drop_table("team_calendars")
    op.drop_column("teams", "fallback")
    op.drop_column("teams", "answerers")
    op.drop_column("teams", "who_answers")
    op.drop_column("teams", "timeline")
