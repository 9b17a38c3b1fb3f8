"""Publishing by what this server says; the API, its bulk route and the form do it alike."""

from datetime import datetime

from api.call import Call
from record import contracts
from record.contracts import Published
from record.drafts import Compared, Publication
from store.database import Runner


async def publish(
    call: Call,
    runner: Runner,
    publication: Publication,
    compared: Compared,
    *,
    together_at: datetime | None = None,
) -> Published:
    """Publish, propose or leave unchanged; see `record.contracts.publish`."""
    resources = call.resources
    return await contracts.publish(
        resources.database,
        runner,
        resources.comparer,
        call.caller,
        publication,
        resources.timeline,
        compared=compared,
        observe=resources.observe,
        server=resources.server_policy,
        together_at=together_at,
    )
