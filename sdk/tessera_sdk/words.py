"""The words of the wire, and the plain ones that people read and type instead.

Answers carry states as text, so that a state invented after this release still arrives; compare
with these members, which are equal to their text.
"""

from enum import StrEnum


class AssetKind(StrEnum):
    TABLE = "table"
    TOPIC = "topic"
    ENDPOINT = "endpoint"
    MODEL = "model"


class ContractStatus(StrEnum):
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class ProposalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


EVIDENCE = ("witnesses", "suggestions")
"""What may be included beside changes: records that break, and ways round."""
OPEN_STATUSES = (ProposalStatus.PENDING, ProposalStatus.APPROVED)


class Action(StrEnum):
    """What a publish did, or would do."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    PROPOSED = "proposed"


class Response(StrEnum):
    """A consumer's answer to a proposal."""

    APPROVED = "approved"
    MIGRATING = "migrating"
    BLOCKED = "blocked"

    @property
    def plain(self) -> str:
        return PLAIN[self]

    @classmethod
    def parse(cls, text: str) -> "Response":
        """Accept the plain word or the wire's: `ready`, `needs-time`, `needs time`, `migrating`."""
        word = " ".join(text.replace("-", " ").replace("_", " ").lower().split())
        for response in cls:
            if word in (response.value, response.plain):
                return response
        raise ValueError(f"{text!r} is not an answer. Say ready, needs-time or blocked.")


PLAIN = {
    Response.APPROVED: "ready",
    Response.MIGRATING: "needs time",
    Response.BLOCKED: "blocked",
}


def plain_answer(state: str) -> str:
    """The word that people read for a party's state: `migrating` -> `needs time`."""
    if state == "pending":
        return "no answer yet"
    try:
        return Response(state).plain
    except ValueError:
        return state
