"""Every refusal of the product: a stable code, a sentence for people, and details in `extra`.

A domain error never knows an HTTP status; `api/problems.py` maps codes to statuses. Clients switch
on the code, which is why a code, once released, is never renamed.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import ClassVar, Self


class TesseraError(Exception):
    """A refusal with a stable `code`; `detail` is a whole sentence, `extra` is JSON."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: Mapping[str, object] = MappingProxyType(extra)

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        """Refusals cross the border of the process pool, extras and all."""
        return partial(type(self), self.detail, **self.extra), ()


# --- what was sent is not right ---------------------------------------------------------------


class InvalidRequest(TesseraError):
    """A value is well-formed but cannot be meant: a limit of 0, a date in the past."""

    code = "invalid_request"

    @classmethod
    def of(cls, path: str, message: str) -> Self:
        """Return the refusal of one member, which says all of it."""
        return cls(message, errors=[{"path": path, "message": message}])


class InvalidSchema(TesseraError):
    """The schema is not valid in its own language; `path` and `keyword` say where."""

    code = "invalid_schema"


class ComparisonTooLarge(TesseraError):
    """Working on the schemas takes more than one request may take.

    `limit` is `time`, `memory`, or `child`: its process ended in the middle of it.
    """

    code = "comparison_too_large"


class InvalidVersion(TesseraError):
    """The requested version is not semantic, not greater, or too small for the change."""

    code = "invalid_version"


class InvalidGuarantees(TesseraError):
    """A guarantee is unknown, ill-formed, or about a field that the schema does not have."""

    code = "invalid_guarantees"


class InvalidPolicy(TesseraError):
    """A policy value is out of its bounds or contradicts another one."""

    code = "invalid_policy"


class InvalidCursor(TesseraError):
    """A page cursor was not made by this server, or for another listing."""

    code = "invalid_cursor"


class UnknownFields(TesseraError):
    """A registration names fields that the active contract does not have."""

    code = "unknown_fields"


# --- what is named is not there ---------------------------------------------------------------


class NotFound(TesseraError):
    """Nothing with this id or name; `noun` and `key` say what was looked for."""

    code = "not_found"


# --- what is there stands in the way ----------------------------------------------------------


class Conflict(TesseraError):
    """Something with this name exists already."""

    code = "conflict"


class TeamOwnsAssets(TesseraError):
    """The team owns assets, `assets` of them, so it is not deleted unless they are reassigned.

    `first` names some of them.
    """

    code = "team_owns_assets"


class TeamMerged(TesseraError):
    """The team was merged into another one, `merged_into`, which has all that it had."""

    code = "team_merged"


class OwnerDeleted(TesseraError):
    """The team that owns the asset is deleted; `owner_team_id` says which it is."""

    code = "owner_deleted"


class ProposalOpen(TesseraError):
    """The asset has another open proposal; `link` leads to it."""

    code = "proposal_open"


class ProposalEnded(TesseraError):
    """The proposal has ended, so it takes no more facts; `proposal_status` says how it ended."""

    code = "proposal_ended"


class InRelease(TesseraError):
    """The proposal is in another release already; `release_id` says in which."""

    code = "in_release"


class ReleaseEnded(TesseraError):
    """The release has ended, so nothing is done to it; `release_status` says how it ended."""

    code = "release_ended"


class RetirementEnded(TesseraError):
    """The version is retired, or its retirement was cancelled: it takes no more facts."""

    code = "retirement_ended"


class NotAMover(TesseraError):
    """This team is not among those that are to move off the version."""

    code = "not_a_mover"


class NotDeprecated(TesseraError):
    """Only a deprecated version can be retired; `contract_status` says what it is."""

    code = "not_deprecated"


class AnswersClosed(TesseraError):
    """The proposal is approved and waits for its publication: answers are closed."""

    code = "answers_closed"


class NotAParty(TesseraError):
    """The team is not asked by this proposal, so it has no answer to give."""

    code = "not_a_party"


class NotInvolved(TesseraError):
    """The team has nothing to do with the proposal, or is heard in another way."""

    code = "not_involved"


class QuestionChanged(TesseraError):
    """What is answered is not what is asked by now: the proposal was revised."""

    code = "question_changed"


class NotReady(TesseraError):
    """What is acted on is not in the state that this step needs."""

    code = "not_ready"


class PublishContended(TesseraError):
    """What is changed kept changing meanwhile; the same request may succeed later."""

    code = "publish_contended"


class VersionTaken(TesseraError):
    """Another contract of the asset has this version number."""

    code = "version_taken"


class IdempotencyKeyReused(TesseraError):
    """The key was used before with another body."""

    code = "idempotency_key_reused"


# --- who asks ---------------------------------------------------------------------------------


class Unauthenticated(TesseraError):
    """No credential, or one that is not known."""

    code = "unauthenticated"


class Forbidden(TesseraError):
    """The principal may not do this to that resource."""

    code = "forbidden"


class SignInRefused(TesseraError):
    """Nobody is signed in: a wrong password or key, or the provider's word does not do."""

    code = "sign_in_refused"


class TooManyAttempts(TesseraError):
    """A password was tried too often from here; `retry_after` says for how many seconds to wait."""

    code = "too_many_attempts"


class LinkUsed(TesseraError):
    """A link that was sent was used, replaced, is too old, or is none of ours."""

    code = "link_used"


# --- the server's own state ---------------------------------------------------------------------


class BodyTooLarge(TesseraError):
    """The request's body is beyond the stated limit."""

    code = "body_too_large"


class Unavailable(TesseraError):
    """Something the server needs does not answer.

    If it went away during a commit, whether that was done is not known: repeat with the same key.
    """

    code = "unavailable"


class SetupFailed(TesseraError):
    """The embedded default cannot start; `hint` says what to do."""

    code = "setup_failed"
