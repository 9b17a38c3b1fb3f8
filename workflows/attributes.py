"""The search attributes of a proposal's workflow, and the values that visibility can take.

No lists: a long keyword list makes the server fail the whole execution.
"""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from activities.payloads import Shown

ASSET = SearchAttributeKey.for_keyword("TesseraAsset")
PRODUCER = SearchAttributeKey.for_keyword("TesseraProducer")
STATUS = SearchAttributeKey.for_keyword("TesseraStatus")
DEADLINE = SearchAttributeKey.for_datetime("TesseraDeadline")
PENDING = SearchAttributeKey.for_int("TesseraPending")

KEYWORD_BYTES = 255


def keyword(text: str) -> str:
    """Cut a text to what a keyword attribute holds, never in the middle of a character."""
    return text.encode()[:KEYWORD_BYTES].decode(errors="ignore")


def attributes_of(shown: Shown) -> list[SearchAttributeUpdate[Any]]:
    """Return the updates to make for what is shown."""
    return [
        ASSET.value_set(keyword(shown.asset)),
        PRODUCER.value_set(keyword(shown.producer)),
        STATUS.value_set(keyword(shown.status)),
        PENDING.value_set(shown.pending),
        DEADLINE.value_unset() if shown.deadline is None else DEADLINE.value_set(shown.deadline),
    ]
