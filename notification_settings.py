"""The settings of how people are told, which `settings.Settings` has besides its own."""

import re
from datetime import UTC, datetime, time
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from domain.destination_addresses import check_host
from domain.destinations import Channels, DestinationKind
from naming import READ_FROM_ENVIRONMENT, is_secure
from notify.addresses import Network, parsed_networks
from notify.slack_calls import SLACK
from notify.smtp_server import SmtpServer, checked_sender


def _clock(value: object) -> object:
    """Read `08:00`; a time of day without a zone is in UTC."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value.strip(), "%H:%M").replace(tzinfo=UTC).timetz()
    except ValueError:
        raise ValueError("write a time of day, such as `08:00`") from None


_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]+\]?")


def _parts(text: str) -> tuple[str, ...]:
    given = (part.strip().lower().rstrip(".").strip("[]") for part in text.split(","))
    return tuple(part for part in given if part)


ClockTime = Annotated[time, BeforeValidator(_clock)]


class NotificationSettings(BaseSettings):
    """The channels that this server can send by, and when digests go out."""

    model_config = READ_FROM_ENVIRONMENT

    digest_at: ClockTime = Field(
        Channels().digest_at,
        description="When the daily digests go out, in UTC, such as `08:00`. Default: `08:00`.",
    )

    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server that e-mail is sent by: `smtp://user:password@host:587`, or "
        "`smtps://…` for TLS from the first byte. With a password STARTTLS is required, but on "
        "loopback; `?tls=required`, `offered` or `none` says otherwise. Percent-encode what is "
        "special in a password. Needs SMTP_FROM. Not set: no e-mail is sent. See "
        "[e-mail](../operations/email.md).",
    )
    smtp_from: str | None = Field(
        None, description="Who e-mail is from, such as `Tessera <tessera@example.com>`."
    )

    def check_mail(self) -> None:
        """Raise `ValueError` when what is said of e-mail does not fit together."""
        if (self.smtp_url is None) is not (self.smtp_from is None):
            raise ValueError("SMTP_URL and SMTP_FROM belong together")
        for name, read in (("SMTP_URL", self.smtp_server), ("SMTP_FROM", self.mail_sender)):
            try:
                read()
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None

    def smtp_server(self) -> SmtpServer | None:
        """Return the mail server, if there is one."""
        return None if self.smtp_url is None else SmtpServer.parse(self.smtp_url.get_secret_value())

    def mail_sender(self) -> str:
        """Return who e-mail is from."""
        return "" if self.smtp_from is None else checked_sender(self.smtp_from)

    webhook_allowed_domains: str = Field(
        "",
        description="The only hosts that webhooks may go to: comma-separated, exactly so or "
        "`*.example.com` for all below one. Default: any.",
    )
    webhook_allowed_networks: str = Field(
        "",
        description="Networks of one's own that webhooks may go to beside public addresses: "
        "comma-separated, such as `10.20.0.0/16`. Link-local addresses, where clouds keep their "
        "metadata, and multicast are never allowed. Whoever may set a webhook can read "
        "the beginning of what is answered there.",
    )

    @field_validator("webhook_allowed_domains")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        for host in _parts(value):
            if not _HOST.fullmatch(host):
                raise ValueError(f"`{host}` is no host; write `example.com` or `*.example.com`")
        return value

    @field_validator("webhook_allowed_networks")
    @classmethod
    def _are_networks_of_ones_own(cls, value: str) -> str:
        parsed_networks(value)
        return value

    @property
    def webhook_networks(self) -> tuple[Network, ...]:
        """The networks that webhooks may go to beside public addresses."""
        return parsed_networks(self.webhook_allowed_networks)

    def check_webhook(self, url: str | None) -> None:
        """Raise `InvalidRequest` if the server's own webhook leads where none may go."""
        if url:
            check_host(url, self.channels.webhook_hosts)

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
        if self.smtp_url is not None:
            kinds.add(DestinationKind.EMAIL)
        return Channels(
            kinds=frozenset(kinds),
            webhook_hosts=_parts(self.webhook_allowed_domains),
            digest_at=self.digest_at,
        )
