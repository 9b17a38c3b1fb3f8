"""What became of each question stands beside its ask: until when, reminders, first answer, end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | Sequence[str] | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("notices", "mover_notices")
_COLUMNS = ("due_at", "answered_at", "closed_at")
_OF_PROPOSALS = """
UPDATE notices n SET
  due_at = coalesce(CAST(e.payload ->> 'due_at' AS timestamptz),
    n.noted_at + CAST(p.policy -> 'timeline' ->> 'deadline' AS interval)),
  reminders = (SELECT count(*) FROM notices r WHERE r.proposal_id = n.proposal_id
    AND r.revision = n.revision AND r.team_id = n.team_id AND r.kind = 'remind'),
  answered_at = a.recorded_at,
  closed_at = CASE WHEN a.recorded_at IS NULL THEN least(p.ended_at, later.noted_at,
    CASE WHEN q.revision = n.revision THEN q.released_at END) END
FROM notices m
JOIN proposals p ON p.id = m.proposal_id
LEFT JOIN parties q ON q.proposal_id = m.proposal_id AND q.team_id = m.team_id
LEFT JOIN events e ON e.id = m.event_id
LEFT JOIN LATERAL (
  SELECT created_at, noted_at FROM notices WHERE proposal_id = m.proposal_id
    AND team_id = m.team_id AND kind = 'ask' AND revision > m.revision ORDER BY revision LIMIT 1
) later ON true
LEFT JOIN LATERAL (
  SELECT recorded_at FROM acknowledgments WHERE proposal_id = m.proposal_id
    AND team_id = m.team_id AND carried_from IS NULL AND recorded_at >= m.created_at
    AND recorded_at < coalesce(later.created_at, 'infinity') ORDER BY recorded_at LIMIT 1
) a ON true
WHERE m.kind = 'ask' AND (m.proposal_id, m.revision, m.team_id, m.kind, m.ordinal)
  = (n.proposal_id, n.revision, n.team_id, n.kind, n.ordinal)
"""
_OF_RETIREMENTS = """
UPDATE mover_notices n SET
  due_at = coalesce(CAST(e.payload ->> 'due_at' AS timestamptz), r.sunset_at),
  reminders = (SELECT count(*) FROM mover_notices t WHERE t.contract_id = n.contract_id
    AND t.revision = n.revision AND t.team_id = n.team_id AND t.kind = 'remind'),
  answered_at = a.said_at,
  closed_at = CASE WHEN a.said_at IS NULL THEN least(r.ended_at, later.noted_at,
    CASE WHEN r.revision = n.revision THEN m.released_at END) END
FROM mover_notices k
JOIN retirements r ON r.contract_id = k.contract_id
LEFT JOIN movers m ON m.contract_id = k.contract_id AND m.team_id = k.team_id
LEFT JOIN events e ON e.id = k.event_id
LEFT JOIN LATERAL (
  SELECT created_at, noted_at FROM mover_notices WHERE contract_id = k.contract_id
    AND team_id = k.team_id AND kind = 'ask' AND revision > k.revision ORDER BY revision LIMIT 1
) later ON true
LEFT JOIN LATERAL (
  SELECT min(said.at) AS said_at FROM (VALUES (CAST(m.moved ->> 'at' AS timestamptz)),
    (CAST(m.extension ->> 'at' AS timestamptz))) said(at)
  WHERE said.at >= k.created_at AND said.at < coalesce(later.created_at, 'infinity')
) a ON true
WHERE k.kind = 'ask' AND (k.contract_id, k.revision, k.team_id, k.kind, k.ordinal)
  = (n.contract_id, n.revision, n.team_id, n.kind, n.ordinal)
"""


def upgrade() -> None:
    for table in _TABLES:
        for column in _COLUMNS:
            op.add_column(table, sa.Column(column, sa.DateTime(timezone=True)))
        reminders = sa.Column("reminders", sa.BigInteger(), server_default="0", nullable=False)
        op.add_column(table, reminders)
    op.create_index(
        "ix_mover_notices_asked",
        "mover_notices",
        ["created_at"],
        postgresql_where=sa.text("kind = 'ask'"),
    )
    op.execute(_OF_PROPOSALS)
    op.execute(_OF_RETIREMENTS)


def downgrade() -> None:
    op.drop_index("ix_mover_notices_asked", table_name="mover_notices")
    for table in _TABLES:
        for column in (*_COLUMNS, "reminders"):
            op.drop_column(table, column)
