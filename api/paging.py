"""The query parameters of every listing."""

from typing import Annotated

from fastapi import Depends, Query

from domain.pages import DEFAULT_LIMIT, LARGEST_LIMIT, Deleted, PageRequest


async def _page_request(
    cursor: Annotated[
        str | None, Query(max_length=500, description="`next` of the page before.")
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=LARGEST_LIMIT, description="How many at most.")
    ] = DEFAULT_LIMIT,
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]
WithDeleted = Annotated[
    Deleted, Query(description="Whether what is deleted is shown too, or only that.")
]
