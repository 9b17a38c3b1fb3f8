"""Which events change what a message that stands somewhere already says of a proposal."""

from domain.events import EventType

REFRESHING = frozenset(
    {
        *(EventType.ACKNOWLEDGED, EventType.PARTIES_CHANGED),
        *(EventType.WITHDRAWAL_RECORDED, EventType.FORCE_RECORDED, EventType.EXTENDED),
        *(EventType.PUBLICATION_REQUESTED, EventType.BASE_MOVED, EventType.REVISED),
        *(EventType.REVISION_RECORDED, EventType.ANSWER_CARRIED),
        *(EventType.REOPENED, EventType.CONFIRMATION_ASKED, EventType.CONFIRMED),
        *(EventType.PROPOSAL_APPROVED, EventType.PROPOSAL_PUBLISHED, EventType.PROPOSAL_REJECTED),
        *(EventType.PROPOSAL_WITHDRAWN, EventType.PROPOSAL_EXPIRED),
    }
)
"""A message with buttons that asks for what is answered, or over, would be a trap."""
