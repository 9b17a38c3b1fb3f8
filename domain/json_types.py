"""The one place where JSON's shapelessness is named: documents from outside and JSONB columns."""

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object whose members are checked where they are read."""
