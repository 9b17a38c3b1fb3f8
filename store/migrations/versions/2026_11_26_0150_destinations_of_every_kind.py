"""Destinations of every kind, of teams, persons and the server; digests, replays, what was sent."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STANDING = sa.text("removed_at IS NULL")


def upgrade() -> None:
    _change_destinations()
    _give_persons_their_email()
    _change_deliveries()


def _change_destinations() -> None:
    op.alter_column("destinations", "url", new_column_name="address", nullable=True)
    op.alter_column("destinations", "secret", nullable=True)
    op.add_column("destinations", sa.Column("user_id", sa.Uuid(), nullable=True))
    op.add_column("destinations", sa.Column("name", sa.Text(), nullable=True))
    op.execute("UPDATE destinations SET name = kind")
    op.alter_column("destinations", "name", nullable=False)
    op.add_column("destinations", sa.Column("previous_secret", sa.Text(), nullable=True))
    op.add_column(
        "destinations",
        sa.Column("overlap_until", sa.DateTime(timezone=True), nullable=True),
    )
    for name, kind, default in (
        ("subscription", JSONB(), "{}"),
        ("pace", sa.Text(), "at_once"),
    ):
        op.add_column("destinations", sa.Column(name, kind, nullable=False, server_default=default))
        op.alter_column("destinations", name, server_default=None)
    op.create_foreign_key("fk_destinations_user_id", "destinations", "users", ["user_id"], ["id"])
    op.create_index(
        "ix_destinations_user_id", "destinations", ["user_id"], postgresql_where=_STANDING
    )
    op.drop_index("uq_destinations_owner_kind", "destinations")
    op.create_index(
        "uq_destinations_owner_name",
        "destinations",
        ["owner", "name"],
        unique=True,
        postgresql_where=_STANDING,
    )


def _give_persons_their_email() -> None:
    """Who was there before is told like who comes after."""
    op.execute(
        "INSERT INTO destinations (id, owner, user_id, kind, name, subscription, pace)"
        " SELECT gen_random_uuid(), id::text, id, 'email', 'email',"
        """ '{"events": [], "assets": [], "severity": "warning"}', 'auto'"""
        " FROM users WHERE kind = 'person'"
    )


def _change_deliveries() -> None:
    for column in (
        sa.Column("ordinal", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("alone", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("carried_by", sa.Uuid(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
    ):
        op.add_column("deliveries", column)
    op.create_foreign_key(
        "fk_deliveries_carried_by",
        "deliveries",
        "deliveries",
        ["carried_by"],
        ["id"],
        ondelete="SET NULL",
    )
    op.drop_constraint("uq_deliveries_event_id_destination_id", "deliveries")
    op.create_unique_constraint(
        "uq_deliveries_event_id_destination_id_ordinal",
        "deliveries",
        ["event_id", "destination_id", "ordinal"],
    )
    op.drop_index("ix_deliveries_destination_id", "deliveries")
    op.create_index("ix_deliveries_destination_id", "deliveries", ["destination_id", "id"])
    op.create_index(
        "ix_deliveries_gathered",
        "deliveries",
        ["destination_id", "due_at"],
        postgresql_where=sa.text("status = 'gathered'"),
    )
    op.create_index(
        "ix_deliveries_carried_by",
        "deliveries",
        ["carried_by"],
        postgresql_where=sa.text("carried_by IS NOT NULL"),
    )
    for name in ("request", "response"):
        op.add_column("delivery_attempts", sa.Column(name, JSONB(), nullable=True))


def downgrade() -> None:
    for name in ("response", "request"):
        op.drop_column("delivery_attempts", name)
    _change_deliveries_back()
    _change_destinations_back()


def _change_deliveries_back() -> None:
    op.execute(
        "DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT d.id FROM deliveries d"
        " JOIN destinations o ON o.id = d.destination_id WHERE d.ordinal > 0 OR d.alone"
        " OR d.carried_by IS NOT NULL OR o.kind <> 'webhook' OR o.name <> 'webhook')"
    )
    op.execute(
        "DELETE FROM deliveries d USING destinations o WHERE o.id = d.destination_id"
        " AND (d.ordinal > 0 OR d.alone OR d.carried_by IS NOT NULL OR o.kind <> 'webhook'"
        " OR o.name <> 'webhook')"
    )
    op.drop_index("ix_deliveries_carried_by", "deliveries")
    op.drop_index("ix_deliveries_gathered", "deliveries")
    op.drop_index("ix_deliveries_destination_id", "deliveries")
    op.create_index("ix_deliveries_destination_id", "deliveries", ["destination_id"])
    op.drop_constraint("uq_deliveries_event_id_destination_id_ordinal", "deliveries")
    op.create_unique_constraint(
        "uq_deliveries_event_id_destination_id", "deliveries", ["event_id", "destination_id"]
    )
    op.drop_constraint("fk_deliveries_carried_by", "deliveries")
    for name in ("receipt", "carried_by", "alone", "ordinal"):
        op.drop_column("deliveries", name)


def _change_destinations_back() -> None:
    op.execute("DELETE FROM destinations WHERE kind <> 'webhook' OR name <> 'webhook'")
    op.drop_index("uq_destinations_owner_name", "destinations")
    op.create_index(
        "uq_destinations_owner_kind",
        "destinations",
        ["owner", "kind"],
        unique=True,
        postgresql_where=_STANDING,
    )
    op.drop_index("ix_destinations_user_id", "destinations")
    op.drop_constraint("fk_destinations_user_id", "destinations")
    for name in (
        *("pace", "subscription", "overlap_until"),
        *("previous_secret", "name", "user_id"),
    ):
        op.drop_column("destinations", name)
    op.alter_column("destinations", "secret", nullable=False)
    op.alter_column("destinations", "address", new_column_name="url", nullable=False)
