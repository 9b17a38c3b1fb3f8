"""What all answers of the server have in common."""

from typing import Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)


class Received(BaseModel):
    """Something the server said."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    _wire: JsonValue = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_wire(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        answer = handler(value)
        if isinstance(value, dict):
            answer._wire = value  # noqa: SLF001 - its own class
        return answer

    @property
    def wire(self) -> JsonValue:
        """The JSON as the server sent it, unknown members included."""
        return self._wire


ItemT = TypeVar("ItemT", bound=Received)


class Page(Received, Generic[ItemT]):
    """One page of a listing; `next` is the cursor of the page after it, or `None` at the end."""

    items: tuple[ItemT, ...]
    next: str | None = None
