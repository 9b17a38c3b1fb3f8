"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REFUSE = """
CREATE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only: % is refused', TG_OP;
END $$
"""
_REFUSE_ROWS = """
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_log()
"""
_REFUSE_TRUNCATE = """
CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_log()
"""


class Xid8(UserDefinedType[int]):
    """Postgres' 64-bit transaction id."""

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    _create_events()
    _create_idempotency_keys()
    _create_outbox()
    _create_teams()
    _create_assets()
    _create_destinations()
    _create_deliveries()
    _create_proposals()
    _create_registrations()
    _create_acknowledgments()
    _create_contracts()
    _create_delivery_attempts()
    _create_notices()
    _create_parties()


def downgrade() -> None:
    op.drop_table("parties")
    op.drop_table("notices")
    op.drop_table("delivery_attempts")
    op.drop_table("contracts")
    op.drop_table("acknowledgments")
    op.drop_table("registrations")
    op.drop_table("proposals")
    op.drop_table("deliveries")
    op.drop_table("destinations")
    op.drop_table("assets")
    op.drop_table("teams")
    op.drop_table("outbox")
    op.drop_table("idempotency_keys")
    op.drop_table("events")
    op.execute("DROP FUNCTION refuse_to_rewrite_the_log()")


def _stamp(name: str) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _time(name: str, *, nullable: bool) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "transaction", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False
        ),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("caller", JSONB(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("payload", JSONB(), nullable=False),
        _stamp("at"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("sequence", name="uq_events_sequence"),
    )
    op.create_index("ix_events_asset_id", "events", ["asset_id"])
    op.create_index("ix_events_feed", "events", ["transaction", "sequence"])
    op.create_index("ix_events_proposal_id", "events", ["proposal_id"])
    op.create_index("ix_events_team_id", "events", ["team_id"])
    op.execute(_REFUSE)
    op.execute(_REFUSE_ROWS)
    op.execute(_REFUSE_TRUNCATE)


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        _stamp("created_at"),
        sa.PrimaryKeyConstraint("principal", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        _time("claimed_until", nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        _time("parked_at", nullable=True),
        _stamp("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["id"], postgresql_where=sa.text("parked_at IS NULL")
    )
    op.create_index("ix_outbox_subject_id", "outbox", ["subject_id"])


def _create_teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _stamp("created_at"),
        _time("deleted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
    )
    op.create_index(
        "uq_teams_name",
        "teams",
        ["name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _create_assets() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fqn", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tags", JSONB(), nullable=False),
        sa.Column("owner_team_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("content_model", sa.Text(), nullable=False),
        sa.Column("semver_mode", sa.Text(), nullable=False),
        sa.Column("observe", sa.Boolean(), nullable=False),
        sa.Column("timeline", JSONB(), nullable=False),
        _stamp("created_at"),
        _time("deleted_at", nullable=True),
        sa.ForeignKeyConstraint(["owner_team_id"], ["teams.id"], name="fk_assets_owner_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
    )
    op.create_index("ix_assets_owner_team_id", "assets", ["owner_team_id"])
    op.create_index(
        "uq_assets_fqn_environment",
        "assets",
        ["fqn", "environment"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _create_destinations() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        _time("disabled_at", nullable=True),
        _time("removed_at", nullable=True),
        _stamp("created_at"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_destinations_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
    )
    op.create_index(
        "uq_destinations_owner_kind",
        "destinations",
        ["owner", "kind"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        _time("delivered_at", nullable=True),
        _stamp("created_at"),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destinations.id"], name="fk_deliveries_destination_id"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_deliveries_event_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint(
            "event_id", "destination_id", name="uq_deliveries_event_id_destination_id"
        ),
    )
    op.create_index("ix_deliveries_destination_id", "deliveries", ["destination_id"])


def _create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("producer_team_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("base_contract_id", sa.Uuid(), nullable=True),
        sa.Column("base_version", sa.Text(), nullable=True),
        sa.Column("requested_version", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("schema", JSONB(), nullable=False),
        sa.Column("guarantees", JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("policy", JSONB(), nullable=False),
        sa.Column("proposed_by", JSONB(), nullable=False),
        _stamp("opened_at"),
        sa.Column("base_moved", sa.Boolean(), nullable=False),
        sa.Column("confirmed_base_id", sa.Uuid(), nullable=True),
        _time("confirmation_asked_at", nullable=True),
        sa.Column("withdrawn", JSONB(), nullable=True),
        sa.Column("forced", JSONB(), nullable=True),
        sa.Column("publish_requested", JSONB(), nullable=True),
        _time("approved_at", nullable=True),
        _time("next_review_at", nullable=True),
        sa.Column("stuck", sa.Text(), nullable=True),
        _time("ended_at", nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_proposals_asset_id"),
        sa.ForeignKeyConstraint(
            ["producer_team_id"], ["teams.id"], name="fk_proposals_producer_team_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index(
        "ix_proposals_next_review",
        "proposals",
        ["next_review_at"],
        postgresql_where=sa.text("status IN ('pending', 'approved')"),
    )
    op.create_index("ix_proposals_producer_team_id", "proposals", ["producer_team_id"])
    op.create_index(
        "uq_proposals_one_open",
        "proposals",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'approved')"),
    )
    op.create_index("ix_proposals_asset_id", "proposals", ["asset_id"])


def _create_registrations() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("consumer_team_id", sa.Uuid(), nullable=False),
        sa.Column("fields", JSONB(), nullable=True),
        sa.Column("pinned_version", sa.Text(), nullable=True),
        sa.Column("used_by", JSONB(), nullable=False),
        _stamp("created_at"),
        _stamp("updated_at"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_registrations_asset_id"),
        sa.ForeignKeyConstraint(
            ["consumer_team_id"], ["teams.id"], name="fk_registrations_consumer_team_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
        sa.UniqueConstraint(
            "asset_id", "consumer_team_id", name="uq_registrations_asset_id_consumer_team_id"
        ),
    )
    op.create_index("ix_registrations_consumer_team_id", "registrations", ["consumer_team_id"])


def _create_acknowledgments() -> None:
    op.create_table(
        "acknowledgments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changes_hash", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _time("until", nullable=True),
        sa.Column("caller", JSONB(), nullable=False),
        _stamp("recorded_at"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_acknowledgments_proposal_id"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_acknowledgments_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgments"),
    )
    op.create_index(
        "ix_acknowledgments_latest",
        "acknowledgments",
        ["proposal_id", "team_id", sa.literal_column("recorded_at DESC")],
    )


def _create_contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("schema", JSONB(), nullable=False),
        sa.Column("guarantees", JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("published_by", JSONB(), nullable=False),
        _stamp("published_at"),
        _time("deprecated_at", nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_contracts_asset_id"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_contracts_proposal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contracts"),
        sa.UniqueConstraint("asset_id", "version", name="uq_contracts_asset_id_version"),
        sa.UniqueConstraint("proposal_id", name="uq_contracts_proposal_id"),
    )
    op.create_index(
        "uq_contracts_one_active",
        "contracts",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )


def _create_delivery_attempts() -> None:
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_code", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=True),
        _stamp("started_at"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name="fk_delivery_attempts_delivery_id"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_delivery_attempts"),
    )


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        _time("noted_at", nullable=False),
        _time("delivered_at", nullable=True),
        _stamp("created_at"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_notices_proposal_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_notices_team_id"),
        sa.PrimaryKeyConstraint(
            "proposal_id", "revision", "team_id", "kind", "ordinal", name="pk_notices"
        ),
    )
    op.create_index("ix_notices_event_id", "notices", ["event_id"])


def _create_parties() -> None:
    op.create_table(
        "parties",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("changes_hash", sa.Text(), nullable=False),
        _time("released_at", nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_parties_proposal_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_parties_team_id"),
        sa.PrimaryKeyConstraint("proposal_id", "team_id", name="pk_parties"),
    )
    op.create_index("ix_parties_team_id", "parties", ["team_id"])
