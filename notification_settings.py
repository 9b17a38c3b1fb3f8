"""The settings of how people are told, which `settings.Settings` has besides its own."""

from datetime import UTC, datetime, time
from typing import Annotated

from pydantic import AliasGenerator, BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.destinations import Channels, DestinationKind
from naming import variable


def _clock(value: object) -> object:
    """Read `08:00`; a time of day without a zone is in UTC."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value.strip(), "%H:%M").replace(tzinfo=UTC).timetz()
    except ValueError:
        raise ValueError("write a time of day, such as `08:00`") from None


ClockTime = Annotated[time, BeforeValidator(_clock)]


class NotificationSettings(BaseSettings):
    """The channels that this server can send by, and when digests go out."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        alias_generator=AliasGenerator(validation_alias=variable),
    )

    digest_at: ClockTime = Field(
        Channels().digest_at,
        description="When the daily digests go out, in UTC, such as `08:00`. Default: `08:00`.",
    )

    @property
    def channels(self) -> Channels:
        """Return which kinds of destinations this server can send to."""
        return Channels(kinds=frozenset({DestinationKind.WEBHOOK}), digest_at=self.digest_at)
