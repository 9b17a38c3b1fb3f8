"""A problem as OpenAPI describes it; what is sent is made in `api/problems.py`."""

from typing import Any

from pydantic import ConfigDict, Field

from api.views import View


class FaultView(View):
    """One place of the request that is wrong."""

    path: str
    message: str


class ProblemView(View):
    """RFC 9457. Further members belong to the code, such as `link` or `existing_id`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:tessera:problem:not_found"])
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | None
    errors: list[FaultView] | None = None


_REFERENCE = "#/components/schemas/{model}"
PROBLEM = {"$ref": _REFERENCE.format(model=ProblemView.__name__)}


def problem_schemas() -> dict[str, Any]:
    """Return the schemas that a problem is described with, by name."""
    schema = ProblemView.model_json_schema(ref_template=_REFERENCE, mode="serialization")
    return {**schema.pop("$defs"), ProblemView.__name__: schema}
