"""Answers that are carried over, what is said about proposals, and what is made of what."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | Sequence[str] | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("acknowledgments", sa.Column("carried_from", sa.Uuid(), nullable=True))
    op.add_column("parties", sa.Column("earlier", _JSON, nullable=True))
    _comments()
    _objections()
    _dependencies()


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("caller", _JSON, nullable=False),
        _stamp("recorded_at"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_comments_proposal_id"),
        sa.ForeignKeyConstraint(["reply_to"], ["comments.id"], name="fk_comments_reply_to"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_comments_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_thread_id", "comments", ["thread_id"])
    op.create_index("ix_comments_proposal_id_id", "comments", ["proposal_id", "id"])


def _objections() -> None:
    op.create_table(
        "objections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("caller", _JSON, nullable=False),
        _stamp("recorded_at"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_objections_proposal_id"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_objections_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_objections"),
    )
    op.create_index("ix_objections_proposal_id_id", "objections", ["proposal_id", "id"])


def _dependencies() -> None:
    op.create_table(
        "dependencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upstream_asset_id", sa.Uuid(), nullable=False),
        sa.Column("downstream_asset_id", sa.Uuid(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        _stamp("declared_at"),
        sa.ForeignKeyConstraint(
            ["upstream_asset_id"], ["assets.id"], name="fk_dependencies_upstream_asset_id"
        ),
        sa.ForeignKeyConstraint(
            ["downstream_asset_id"], ["assets.id"], name="fk_dependencies_downstream_asset_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dependencies"),
        sa.UniqueConstraint(
            "upstream_asset_id",
            "downstream_asset_id",
            name="uq_dependencies_upstream_asset_id_downstream_asset_id",
        ),
    )
    op.create_index("ix_dependencies_downstream_asset_id", "dependencies", ["downstream_asset_id"])


def _stamp(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def downgrade() -> None:
    op.drop_table("dependencies")
    op.drop_table("objections")
    op.drop_table("comments")
    op.drop_column("parties", "earlier")
    op.drop_column("acknowledgments", "carried_from")
