"""An ask keeps until when it must arrive for its time to stand.

Of those that stand it is written where all days count. By working days it is not known here, and
when they are due is reckoned as before.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | Sequence[str] | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SECONDS = "make_interval(secs => extract(epoch FROM CAST({} AS interval))::float8)"
"""A day is 24 hours, whatever the clocks of the session's time zone do."""
_DEADLINE = _SECONDS.format("p.policy -> 'timeline' ->> 'deadline'")
_NOTICE = _SECONDS.format("p.policy -> 'timeline' ->> 'minimum_notice'")
_OPEN = f"""
UPDATE notices n SET reach_by = n.due_at - {_NOTICE}
FROM proposals p
WHERE p.id = n.proposal_id AND p.status IN ('pending', 'approved') AND n.kind = 'ask'
  AND coalesce(p.policy -> 'timeline' ->> 'days', 'calendar') = 'calendar'
  AND n.due_at = n.noted_at + {_DEADLINE}
"""


def upgrade() -> None:
    op.add_column("notices", sa.Column("reach_by", sa.DateTime(timezone=True)))
    op.execute(_OPEN)


def downgrade() -> None:
    op.drop_column("notices", "reach_by")
