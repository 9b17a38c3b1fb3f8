"""When a proposal is to be published, and the end of old versions with who is asked to move."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("proposals", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "retirements",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("timeline", JSONB(none_as_null=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sunset_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", JSONB(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stuck", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _stamp(),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name="fk_retirements_contract_id"
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_retirements_asset_id"),
        sa.PrimaryKeyConstraint("contract_id", name="pk_retirements"),
    )
    op.create_index("ix_retirements_asset_id", "retirements", ["asset_id"])
    op.create_index(
        "ix_retirements_next_review",
        "retirements",
        ["next_review_at"],
        postgresql_where=sa.text("status = 'open'"),
    )
    _create_movers()


def _create_movers() -> None:
    op.create_table(
        "movers",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved", JSONB(none_as_null=True), nullable=True),
        sa.Column("extension", JSONB(none_as_null=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        _stamp(),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["retirements.contract_id"], name="fk_movers_contract_id"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_movers_team_id"),
        sa.PrimaryKeyConstraint("contract_id", "team_id", name="pk_movers"),
    )
    op.create_index("ix_movers_team_id", "movers", ["team_id"])
    op.create_table(
        "mover_notices",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        _stamp(),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["retirements.contract_id"], name="fk_mover_notices_contract_id"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_mover_notices_team_id"),
        sa.PrimaryKeyConstraint(
            *("contract_id", "revision", "team_id", "kind", "ordinal"), name="pk_mover_notices"
        ),
    )
    op.create_index("ix_mover_notices_event_id", "mover_notices", ["event_id"])


def _stamp() -> sa.Column[datetime]:
    return sa.Column(
        "created_at",
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def downgrade() -> None:
    op.drop_table("mover_notices")
    op.drop_table("movers")
    op.drop_table("retirements")
    op.drop_column("proposals", "publish_at")
