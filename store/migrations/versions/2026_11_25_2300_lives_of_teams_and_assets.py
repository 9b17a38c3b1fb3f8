"""Teams and assets that are deleted and come back, stewards, and words to find assets by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.exc import DBAPIError

from domain.errors import SetupFailed

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WORDS = r"""
CREATE FUNCTION words_of(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(name, '._-/:$#[]{}*', '            ')
    || ' ' || regexp_replace(translate(name, '._-/:$#[]{}*', '            '),
                             '([a-z0-9])([A-Z])', '\1 \2', 'g')
$$
"""
"""A name's words: parted where names are, and where a capital letter follows a small one."""
_WRITE = """
CREATE FUNCTION write_asset_text(written uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO asset_texts (asset_id, words, document)
  SELECT a.id, lower(a.fqn || ' ' || t.tags),
         setweight(to_tsvector('simple', words_of(a.fqn)), 'A')
      || setweight(to_tsvector('simple', words_of(t.tags)), 'B')
      || setweight(to_tsvector('simple', coalesce(a.description, '')), 'C')
      || setweight(to_tsvector('simple', words_of(coalesce(f.paths, ''))), 'D')
  FROM assets a
  CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(tag, ' '), '') AS tags FROM jsonb_array_elements_text(a.tags) AS tag
  ) t
  CROSS JOIN LATERAL (
    SELECT left(string_agg(field ->> 'path', ' '), 50000) AS paths
    FROM contracts c CROSS JOIN LATERAL jsonb_array_elements(c.fields) AS field
    WHERE c.asset_id = a.id AND c.status = 'active'
  ) f
  WHERE a.id = written
  ON CONFLICT (asset_id) DO UPDATE SET words = excluded.words, document = excluded.document
$$
"""
"""Of a schema with thousands of fields only so many characters: a document has an end."""
_OF_ASSET = """
CREATE FUNCTION write_text_of_asset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_asset_text(NEW.id);
  RETURN NULL;
END $$
"""
_OF_CONTRACT = """
CREATE FUNCTION write_text_of_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM write_asset_text(NEW.asset_id);
  RETURN NULL;
END $$
"""
_TRIGGERS = (
    "CREATE TRIGGER assets_are_found AFTER INSERT OR UPDATE OF fqn, tags, description ON assets "
    "FOR EACH ROW EXECUTE FUNCTION write_text_of_asset()",
    "CREATE TRIGGER assets_are_found_by_fields AFTER INSERT ON contracts FOR EACH ROW "
    "WHEN (NEW.status = 'active') EXECUTE FUNCTION write_text_of_contract()",
)


def upgrade() -> None:
    _require_trigrams()
    op.add_column("teams", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_teams_merged_into", "teams", "teams", ["merged_into"], ["id"])
    op.add_column("assets", sa.Column("description", sa.Text(), nullable=True))
    op.create_index(
        "ix_assets_tags",
        "assets",
        ["tags"],
        postgresql_using="gin",
        postgresql_ops={"tags": "jsonb_path_ops"},
    )
    op.add_column("registrations", _time("ended_at"))
    op.add_column("acknowledgments", _time("superseded_at"))
    op.create_table(
        "stewards",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_stewards_asset_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_stewards_user_id"),
        sa.PrimaryKeyConstraint("asset_id", "user_id", name="pk_stewards"),
    )
    op.create_index("ix_stewards_user_id", "stewards", ["user_id"])
    _create_texts()


def _require_trigrams() -> None:
    """Have `pg_trgm`, which every distribution of Postgres has and any owner may create."""
    try:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        raise SetupFailed(
            f"Searching assets needs the Postgres extension pg_trgm: {error.orig}.",
            hint="Install Postgres' contrib package, or let a superuser run `CREATE EXTENSION "
            "pg_trgm` in this database; then migrate again.",
        ) from error


def _create_texts() -> None:
    op.create_table(
        "asset_texts",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("document", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name="fk_asset_texts_asset_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asset_id", name="pk_asset_texts"),
    )
    for statement in (_WORDS, _WRITE, _OF_ASSET, _OF_CONTRACT, *_TRIGGERS):
        op.execute(statement)
    op.execute("SELECT write_asset_text(id) FROM assets")
    op.create_index(
        "ix_asset_texts_document",
        "asset_texts",
        ["document"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_asset_texts_words",
        "asset_texts",
        ["words"],
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )


def downgrade() -> None:
    """The extension stays: others may use it, and it may have been there before."""
    op.execute("DROP TRIGGER assets_are_found_by_fields ON contracts")
    op.execute("DROP TRIGGER assets_are_found ON assets")
    for function in (
        "write_text_of_contract()",
        "write_text_of_asset()",
        "write_asset_text(uuid)",
        "words_of(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("asset_texts")
    op.drop_table("stewards")
    op.drop_column("acknowledgments", "superseded_at")
    op.execute("DELETE FROM registrations WHERE ended_at IS NOT NULL")
    op.drop_column("registrations", "ended_at")
    op.drop_index("ix_assets_tags", "assets")
    op.drop_column("assets", "description")
    op.drop_constraint("fk_teams_merged_into", "teams", type_="foreignkey")
    op.drop_column("teams", "merged_into")


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)
