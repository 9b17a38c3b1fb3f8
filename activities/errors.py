"""Which errors of an activity are worth a retry: one rule for all of them.

The database being away is retried for ever. A refusal of the domain is the same on every retry.
Any other error is a defect or a full disk; it gets a few tries, then it is handed to the workflow,
which marks its proposal as stuck instead of failing or of trying for ever.
"""

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from domain.errors import TesseraError, Unavailable

TRIES_FOR_A_DEFECT = 5


class ErrorRules(Interceptor):
    """Applies the rule to every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Return the interceptor around the next one."""
        return _Ruled(next)


class _Ruled(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> object:  # noqa: A002
        try:
            return await super().execute_activity(input)
        except (ApplicationError, Unavailable):
            raise
        except TesseraError as refusal:
            raise ApplicationError(
                refusal.detail, type=refusal.code, non_retryable=True
            ) from refusal
        except Exception as defect:
            if activity.info().attempt < TRIES_FOR_A_DEFECT:
                raise
            raise ApplicationError(
                f"{type(defect).__name__}: {defect}"[:500], type="defect", non_retryable=True
            ) from defect
