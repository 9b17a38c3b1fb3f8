"""The one way in which tests look at a refusal."""

from httpx import Response

from domain.json_types import JsonObject

PREFIX = "urn:tessera:problem:"


def assert_problem(response: Response, status: int, code: str) -> JsonObject:
    """Check that the answer is this problem, whole and in the right form, and return it."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document: JsonObject = response.json()
    assert (response.status_code, document["type"]) == (status, PREFIX + code), document
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == response.request.url.path
    assert document["request_id"] == response.headers["x-request-id"]
    for fault in document.get("errors", ()):
        assert set(fault) == {"path", "message"}, fault
    return document
