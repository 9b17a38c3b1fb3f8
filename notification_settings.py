"""The settings of how people are told, which `settings.Settings` has besides its own."""

from datetime import UTC, datetime, time
from typing import Annotated

from pydantic import AliasGenerator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.destinations import Channels, DestinationKind
from naming import is_secure, variable
from notify.slack_calls import SLACK


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

    slack_bot_token: SecretStr | None = Field(
        None,
        description="The bot token (`xoxb-…`) of your Slack app. Without it the app can be "
        "installed, see SLACK_CLIENT_ID.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        description="The signing secret of your Slack app: by it buttons and `/tessera` are known "
        "to come from Slack. Not needed in socket mode.",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        description="An app-level token (`xapp-…`) with `connections:write`: then the worker opens "
        "a connection to Slack (socket mode), for a server without a public address.",
    )
    slack_client_id: str | None = Field(
        None,
        description="With SLACK_CLIENT_SECRET administrators install the app at `/slack/install`; "
        "its token is kept encrypted in Postgres.",
    )
    slack_client_secret: SecretStr | None = Field(
        None, description="The secret that goes with SLACK_CLIENT_ID."
    )
    slack_api_url: str = Field(
        SLACK,
        description="Where Slack's Web API is: https, or this machine.",
    )

    def check_slack(self) -> None:
        """Raise `ValueError` if the settings of Slack do not fit together."""
        if (self.slack_client_id is None) != (self.slack_client_secret is None):
            raise ValueError(
                "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET go together; one of them is missing."
            )
        if not is_secure(self.slack_api_url):
            raise ValueError("TESSERA_SLACK_API_URL must begin with https://, but on this machine.")

    def odd_slack(self) -> list[str]:
        """Return what is odd about the settings of Slack."""
        comes_in = self.slack_signing_secret is not None or self.slack_app_token is not None
        if comes_in == self.speaks_slack:
            return []
        if comes_in:
            return ["Slack is not used: neither SLACK_BOT_TOKEN nor SLACK_CLIENT_ID is set."]
        return [
            "Buttons in Slack do nothing: neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set."
        ]

    @property
    def speaks_slack(self) -> bool:
        """Whether there is a token for Slack, or may be one."""
        return self.slack_bot_token is not None or self.slack_client_id is not None

    @property
    def channels(self) -> Channels:
        """Return which kinds of destinations this server can send to."""
        kinds = {DestinationKind.WEBHOOK}
        if self.speaks_slack:
            kinds.add(DestinationKind.SLACK)
        return Channels(kinds=frozenset(kinds), digest_at=self.digest_at)
