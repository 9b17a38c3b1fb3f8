"""The words of the pages for what the domain calls by its own."""

from collections.abc import Mapping, Sequence

from api.views import ChangeView
from domain.actors import Origin
from domain.changes import ChangeKind, Group
from domain.destinations import DestinationKind
from domain.parties import NoticeKind
from domain.proofs import Standing
from domain.proposals import Cause, ProposalStatus
from domain.timeline import OnDeadline

STATUS: Mapping[ProposalStatus, str] = {
    ProposalStatus.PENDING: "Pending",
    ProposalStatus.APPROVED: "Approved",
    ProposalStatus.PUBLISHED: "Published",
    ProposalStatus.REJECTED: "Rejected",
    ProposalStatus.WITHDRAWN: "Withdrawn",
    ProposalStatus.EXPIRED: "Expired",
}

CAUSE: Mapping[Cause, str] = {
    Cause.ALL_APPROVED: "every party is ready",
    Cause.NO_PARTIES: "nobody reads what breaks",
    Cause.DEADLINE: "the deadline passed, and this asset takes silence for consent",
    Cause.FORCED: "an administrator forced it",
    Cause.BLOCKED: "a party blocks it",
    Cause.SILENCE: "the deadline passed without every answer",
    Cause.UNREACHABLE: "a party could not be reached in time",
    Cause.NOT_PUBLISHED: "nobody published it in time",
    Cause.BASE_MOVED: "something else was published and nobody confirmed it again",
    Cause.WITHDRAWN: "its producer took it back",
    Cause.CANCELLED: "an administrator cancelled it",
    Cause.ASSET_DELETED: "the asset is gone",
    Cause.VERSION_TAKEN: "its version number was taken",
    Cause.RELEASE_FAILED: "another proposal of its release was not published",
    Cause.RELEASE_CANCELLED: "its release was cancelled",
}

PARTY_STATE: Mapping[str, str] = {
    "pending": "No answer yet",
    "approved": "Ready",
    "migrating": "Needs time",
    "blocked": "Blocked",
}

SILENCE: Mapping[OnDeadline, str] = {
    OnDeadline.EXPIRE: "lets the proposal expire; nothing is published",
    OnDeadline.APPROVE: "counts as consent",
    OnDeadline.ESCALATE: "is escalated, then lets the proposal expire",
}

COMING: Mapping[NoticeKind, str] = {
    NoticeKind.REMIND: "reminded",
    NoticeKind.ESCALATE: "told that it is overdue",
    NoticeKind.ESCALATE_OWNERS: "told as owners",
    NoticeKind.ESCALATE_FALLBACK: "told as the fallback",
}

ORIGIN: Mapping[Origin, str] = {
    Origin.API: "over the API",
    Origin.CLI: "from the command line",
    Origin.PAGE: "on this page",
    Origin.SLACK: "in Slack",
    Origin.EMAIL: "by e-mail",
    Origin.TEMPORAL: "in Temporal",
    Origin.SERVER: "on the server",
}


NOTICE: Mapping[NoticeKind, str] = {
    NoticeKind.ASK: "Asked",
    NoticeKind.REMIND: "Reminded",
    NoticeKind.ESCALATE: "Escalated",
    NoticeKind.ESCALATE_OWNERS: "Escalated to its owners",
    NoticeKind.ESCALATE_FALLBACK: "Escalated to the fallback",
    NoticeKind.UNREACHABLE: "Its producer told that it cannot be reached",
}

DELIVERY: Mapping[str, str] = {
    "pending": "On its way",
    "failing": "Failing",
    "gathered": "Waits for a digest",
    "delivered": "Delivered",
    "superseded": "No longer true",
    "failed": "Given up",
}
"""`failing` is one that is on its way and was tried in vain."""

CHANNEL: Mapping[DestinationKind, str] = {
    DestinationKind.WEBHOOK: "webhook",
    DestinationKind.SLACK: "Slack channel",
    DestinationKind.EMAIL: "e-mail",
}

STANDING: Mapping[Standing, str] = {
    Standing.COUNTS: "counts",
    Standing.CHANGED: "was changed later",
    Standing.OTHER_QUESTION: "answers what is no longer asked",
    Standing.SUPERSEDED: "was superseded",
    Standing.RELEASED: "is not waited for any more",
}

GROUP: Mapping[Group, str] = {
    Group.ASKS: "Breaks, and its readers are asked",
    Group.TELLS: "Breaks in a way that does not gate, so readers are told",
    Group.COMPATIBLE: "Breaks nobody",
    Group.WORDING: "Wording",
}


def directions(change: ChangeView) -> str:
    """Return whom a change breaks, in words."""
    if change.breaks_backward and change.breaks_forward:
        return "breaks readers of old data and readers with the old contract"
    return (
        "breaks readers of old data"
        if change.breaks_backward
        else "breaks readers with the old contract"
    )


def kind(change: ChangeKind) -> str:
    """Return `field removed` for `field_removed`."""
    return change.value.replace("_", " ")


def all_of(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def are(names: Sequence[str], done: str) -> str:
    """Return `a is asked.`, `a and b are asked.`."""
    return f"{all_of(names)} {'is' if len(names) == 1 else 'are'} {done}."


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return `1 team`, `2 teams`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
