"""The kinds of events that are sent: what each says, whom it reaches, and in which version."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.events import EventType


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event as a receiver knows it."""

    says: str
    reaches: str
    """Whose destinations receive it; the server's own receive everything that reaches anybody."""
    version: int = 1
    """Of its body's schema. Members may be added within a version; nothing else changes."""


_PRODUCER = "the producer"
_PARTY = "the party"
_OWNER = "the team that owns the asset"
_MOVER = "the team that is to move"
_STAYING = "the owner and every team that was asked to move"
_ALL = "the producer and every party"
_HEARD = f"{_ALL}, and whoever has objected or commented"
SENT: Mapping[EventType, EventKind] = {
    EventType.ASSET_REASSIGNED: EventKind("An asset is another team's.", "both teams"),
    EventType.ASSET_DELETED: EventKind(
        "An asset was deleted.", "the owner and all teams that read it"
    ),
    EventType.ASSET_RESTORED: EventKind(
        "A deleted asset is there again.", "the owner and all teams that read it"
    ),
    EventType.DESTINATION_DISABLED: EventKind(
        "A destination failed for too long, or wants nothing any more; nothing is sent there.",
        "the team that it belongs to, by what else it has",
    ),
    EventType.DESTINATION_PINGED: EventKind(
        "Somebody tries whether a destination works.", "that one destination, whatever it wants"
    ),
    EventType.CONTRACT_PUBLISHED: EventKind(
        "A contract is active.", "the producer and every consumer"
    ),
    EventType.CONSUMERS_TOLD: EventKind(
        "Consumers are told what changes without being asked.", "the consumers that are told"
    ),
    EventType.REGISTRATION_REASSIGNED: EventKind(
        "Another team reads an asset in the place of one, and answers for it.", "both teams"
    ),
    EventType.PROPOSAL_OPENED: EventKind("A breaking change is proposed.", _PRODUCER),
    EventType.PROPOSAL_ASKED: EventKind("A party is asked for its answer.", _PARTY),
    EventType.PROPOSAL_REMINDED: EventKind("A party is reminded that it is asked.", _PARTY),
    EventType.PROPOSAL_ESCALATED: EventKind(
        "A party has been silent for too long, or let its own date go by.",
        "the party and the producer",
    ),
    EventType.ESCALATED_TO_OWNERS: EventKind(
        "A party is still silent.", "the owners of the party, by their own destinations"
    ),
    EventType.ESCALATED_TO_FALLBACK: EventKind(
        "A party is silent to the last.", "the fallback of the party, else the server's"
    ),
    EventType.PARTY_UNREACHABLE: EventKind(
        "Nothing that was sent to a party has arrived by the deadline.", _PRODUCER
    ),
    EventType.DELEGATED: EventKind(
        "A party hands its answer to one of its people.", "that person, by their own destinations"
    ),
    EventType.ACKNOWLEDGED: EventKind("A party answered.", _PRODUCER),
    EventType.EXTENDED: EventKind("Everybody has more time.", _ALL),
    EventType.FORCE_REQUESTED: EventKind(
        "One of the two persons that it takes wants to publish past the parties.", _ALL
    ),
    EventType.FORCE_RECORDED: EventKind(
        "An administrator orders the publication past the parties.", _ALL
    ),
    EventType.BASE_MOVED: EventKind(
        "Something else was published while the proposal is open.", _PRODUCER
    ),
    EventType.REVISED: EventKind("The proposal goes on against the new base.", _PRODUCER),
    EventType.REVISION_RECORDED: EventKind(
        "The producer proposes other content. Whose changes differ is asked anew.",
        "the producer, the parties whose answer stays, those who are not asked any more, and those "
        "who objected",
    ),
    EventType.ANSWER_CARRIED: EventKind(
        "The answer that a party gave to the same changes before counts again.",
        "the party and the producer",
    ),
    EventType.COMMENTED: EventKind(
        "Somebody said something about a proposal.",
        "the other teams in the thread and the producer; of a new thread, every party too",
    ),
    EventType.OBJECTED: EventKind(
        "A team that is affected only downstream objects. It is no veto.", _PRODUCER
    ),
    EventType.DOWNSTREAM_TOLD: EventKind(
        "Teams are told of a proposal for what assets of theirs are made of.",
        "the teams that own them and are not asked",
    ),
    EventType.REOPENED: EventKind(
        "A proposal that was approved asks somebody anew, since its base moved.", _PRODUCER
    ),
    EventType.CONFIRMATION_ASKED: EventKind(
        "Publishing would now break what nobody was asked about.", _PRODUCER
    ),
    EventType.PROPOSAL_APPROVED: EventKind(
        "The proposal is decided and waits for its publication.", _ALL
    ),
    EventType.PROPOSAL_PUBLISHED: EventKind("The proposal is published.", _HEARD),
    EventType.PROPOSAL_REJECTED: EventKind(
        "A party blocked the proposal, an administrator cancelled it, or it cannot be published.",
        _HEARD,
    ),
    EventType.PROPOSAL_WITHDRAWN: EventKind("The producer took the proposal back.", _HEARD),
    EventType.PROPOSAL_EXPIRED: EventKind("Time ran out; nothing was published.", _HEARD),
    EventType.RETIREMENT_SET: EventKind(
        "An old version has an end, or another one than before.", _OWNER
    ),
    EventType.RETIREMENT_ASKED: EventKind("A team is asked to move off an old version.", _MOVER),
    EventType.RETIREMENT_REMINDED: EventKind(
        "A team is reminded that it is still on an old version.", _MOVER
    ),
    EventType.RETIREMENT_ESCALATED: EventKind(
        "The end of a version is near, and a team is still on it.", "that team and the owner"
    ),
    EventType.MOVER_UNREACHABLE: EventKind(
        "Nothing that was sent to a team has arrived by the version's end.", _OWNER
    ),
    EventType.MOVED: EventKind("A team has moved off an old version.", _OWNER),
    EventType.RETIREMENT_EXTENDED: EventKind("A team needs an old version for longer.", _OWNER),
    EventType.RETIREMENT_CANCELLED: EventKind(
        "An old version is not retired; it stays deprecated.", _STAYING
    ),
    EventType.CONTRACT_RETIRED: EventKind("An old version is retired.", _STAYING),
    EventType.RETIREMENT_STUCK: EventKind(
        "A step of the retirement's workflow fails in a way that no retry can mend.", _OWNER
    ),
    EventType.RETIREMENT_UNSTUCK: EventKind("The step works again.", _OWNER),
    EventType.STUCK: EventKind(
        "A step of the proposal's workflow fails in a way that no retry can mend.", _PRODUCER
    ),
    EventType.UNSTUCK: EventKind("The step works again.", _PRODUCER),
    EventType.OUTBOX_PARKED: EventKind(
        "Temporal refused a wake or a delivery for good.", "the server's own destinations"
    ),
}
"""Every event that leaves the house is of one of these; the others are for the log and the feed."""
