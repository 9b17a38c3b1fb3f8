"""The metaschemas of the drafts and their parts: every reader has them, nobody sends them."""

from functools import lru_cache

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import metaschema_draft

_SCHEMES = ("http://", "https://")


@lru_cache(maxsize=64)
def published(uri: str) -> JSON:
    """The document under a URI without fragment; None if it is none of the drafts that are read."""
    # Loading it reads all of them, 60 ms; few schemas refer to one.
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    rest = uri.partition("://")[2]
    for spelled in (uri, *(scheme + rest for scheme in _SCHEMES)):
        resource = REGISTRY.get(spelled)
        if resource is not None:
            contents: JSON = resource.contents
            named = contents.get("$schema") if isinstance(contents, dict) else None
            return contents if metaschema_draft(str(named)) is not None else None
    return None
