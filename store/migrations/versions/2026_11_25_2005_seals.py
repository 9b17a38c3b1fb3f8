"""Seals of the log, and the one way to delete from it: whole seals, by who owns the tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$
"""
_REFUSE_BEFORE = """
CREATE OR REPLACE FUNCTION refuse_to_rewrite_the_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only: % is refused', TG_OP;
END $$
"""
# `tessera events prune` names the last seal that goes, for its transaction alone.
_PRUNE_EVENTS = """
CREATE FUNCTION refuse_to_delete_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM seals
    WHERE number = nullif(current_setting('tessera.prune_through', true), '')::bigint
      AND (OLD.transaction, OLD.sequence) < (end_transaction, end_sequence)
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$
"""
_PRUNE_LEAVES = """
CREATE FUNCTION refuse_to_delete_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.seal <= nullif(current_setting('tessera.prune_through', true), '')::bigint THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$
"""
_ROWS = """
CREATE TRIGGER {table}_are_append_only BEFORE {what} ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_log()
"""
_DELETE = """
CREATE TRIGGER {table}_are_pruned_in_seals BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}()
"""
_TRUNCATE = """
CREATE TRIGGER {table}_are_not_truncated BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_log()
"""


class Xid8(UserDefinedType[int]):
    """Postgres' 64-bit transaction id."""

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    _create_seals()
    op.execute(_REFUSE)
    op.execute(_PRUNE_EVENTS)
    op.execute(_PRUNE_LEAVES)
    op.execute("DROP TRIGGER events_are_append_only ON events")
    op.execute(_ROWS.format(table="events", what="UPDATE"))
    op.execute(_DELETE.format(table="events", function="refuse_to_delete_events"))
    op.execute(_ROWS.format(table="seals", what="UPDATE OR DELETE"))
    op.execute(_TRUNCATE.format(table="seals"))
    op.execute(_ROWS.format(table="seal_leaves", what="UPDATE"))
    op.execute(_DELETE.format(table="seal_leaves", function="refuse_to_delete_leaves"))
    op.execute(_TRUNCATE.format(table="seal_leaves"))


def downgrade() -> None:
    op.execute("DROP TRIGGER events_are_append_only ON events")
    op.execute("DROP TRIGGER events_are_pruned_in_seals ON events")
    op.execute(_REFUSE_BEFORE)
    op.execute(_ROWS.format(table="events", what="UPDATE OR DELETE"))
    op.drop_table("seal_leaves")
    op.drop_table("seals")
    op.execute("DROP FUNCTION refuse_to_delete_events()")
    op.execute("DROP FUNCTION refuse_to_delete_leaves()")


def _create_seals() -> None:
    op.create_table(
        "seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form", sa.BigInteger(), nullable=False),
        sa.Column("start_transaction", Xid8(), nullable=False),
        sa.Column("start_sequence", sa.BigInteger(), nullable=False),
        sa.Column("end_transaction", Xid8(), nullable=False),
        sa.Column("end_sequence", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("numbers_digest", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seals"),
        sa.UniqueConstraint("previous", name="uq_seals_previous"),
    )
    op.create_table(
        "seal_leaves",
        sa.Column("seal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequences", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["seals.number"], name="fk_seal_leaves_seal"),
        sa.PrimaryKeyConstraint("seal", name="pk_seal_leaves"),
    )
