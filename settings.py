"""Everything that the environment says, read here and nowhere else, by the composition roots only.

Names that such servers usually have (`DATABASE_URL`, `WEBHOOK_URL`, `AUTH_DISABLED`, …) stay; all
others begin with `TESSERA_`. An empty variable counts as one that is not set. Each field's
description is what `docs/reference/settings.md` says about it.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator

from domain.errors import SetupFailed, TesseraError
from limit_settings import LimitSettings
from naming import misspelled, told, variable
from notification_settings import NotificationSettings
from sign_in_settings import Duration, SignInSettings
from store.urls import checked_url
from timeline_settings import TimelineSettings
from worker_settings import WorkerSettings

MIB = 1024 * 1024


class Environment(StrEnum):
    """How careful the server is: development may run without any authentication."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class LogFormat(StrEnum):
    """How log lines look; `auto` is for people on a terminal and JSON elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class Settings(
    LimitSettings, NotificationSettings, TimelineSettings, SignInSettings, WorkerSettings
):
    """One frozen value per process; `Settings.load` reads it and says clearly what is wrong."""

    # --- where things are ---------------------------------------------------------------------
    database_url: str | None = Field(
        None,
        repr=False,
        description="Postgres 14 or newer, `postgresql://user:password@host:5432/name`, with "
        "libpq's parameters, such as `?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem`. Not set: "
        "`tessera up` starts one of its own; everything else needs it.",
    )
    migration_database_url: str | None = Field(
        None,
        repr=False,
        description="The same database as a user that may change tables, for `tessera server "
        "migrate` and `tessera events prune`. If DATABASE_URL names another user, `migrate` grants "
        "that one what the application needs, and of the log no more than to read and to add, not "
        "saying where or when; it takes from PUBLIC the right to make anything in the schema. "
        "Default: DATABASE_URL.",
    )
    temporal_address: str = Field("localhost:7233", description="Temporal's host and port.")
    temporal_namespace: str = Field("default", description="The namespace of our workflows.")
    temporal_task_queue: str = Field(
        "tessera", description="The task queue that our worker polls and the relay starts on."
    )
    temporal_tls: bool = Field(
        False, description="Speak TLS with Temporal; implied by TEMPORAL_API_KEY."
    )
    temporal_api_key: SecretStr | None = Field(
        None, description="The key for a Temporal server that asks for one."
    )
    temporal_direct_signals: bool = Field(
        False,
        description="Take answers that somebody signals to a workflow by hand. They pass by our "
        "permissions, so it is off but for `tessera up`.",
    )
    temporal_ui_url: str | None = Field(
        None, description="Where people open Temporal's UI; pages and answers link to it."
    )
    webhook_url: str | None = Field(
        None, description="A webhook that receives every event that notifies anybody."
    )
    webhook_secret: SecretStr | None = Field(
        None,
        description="Signs what WEBHOOK_URL receives (Standard Webhooks: `whsec_` and base64). "
        "Default: one is made.",
    )
    redis_url: str | None = Field(
        None, repr=False, description="Accepted and not used: Tessera needs no Redis."
    )

    # --- who may come in ----------------------------------------------------------------------
    environment: Environment = Field(
        Environment.PRODUCTION,
        description="`production` or `development`. In development without BOOTSTRAP_API_KEY "
        "everybody may do everything; `tessera up` is in development unless told otherwise.",
    )
    auth_disabled: bool = Field(
        False,
        description="Let everybody do everything even though a key is set; refused in production.",
    )
    bootstrap_api_key: SecretStr | None = Field(
        None,
        description="The administrator's key, sent as `Authorization: Bearer <key>`. At least 16 "
        "characters; `openssl rand -hex 32` makes one.",
    )

    # --- the API ------------------------------------------------------------------------------
    host: str = Field("127.0.0.1", description="The address that API and page listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port that API and page listen on.")
    public_url: str | None = Field(
        None,
        description="The address that people use for API and pages, in links. Default: "
        "`http://localhost:<port>`.",
    )
    max_body_bytes: int = Field(
        10 * MIB,
        ge=1024,
        le=256 * MIB,
        description="The largest request body that is taken; a larger one is answered with 413.",
    )
    comparison_time: Duration = Field(
        timedelta(seconds=20),
        ge=timedelta(seconds=1),
        le=timedelta(seconds=50),
        description="How long one request's schemas may be worked on, at most 50 seconds; what "
        "takes longer is ended and refused.",
    )
    comparison_memory: int = Field(
        2048,
        ge=128,
        le=64 * 1024,
        description="How much memory that may take, in MiB, in each of the child processes.",
    )
    webhook_allow_private: bool = Field(
        False,
        description="Let webhooks go to loopback and private addresses. Whoever may set a webhook "
        "can then reach what this server can reach, and read the beginning of its answers.",
    )
    log_format: LogFormat = Field(
        LogFormat.AUTO,
        description="`console`, `json`, or `auto`: console on a terminal, JSON elsewhere.",
    )

    observe: bool = Field(
        False,
        description="Let assets only observe of which neither they nor their team say anything: "
        "nothing gates, everything is told, and it is noted who would have been asked.",
    )

    # --- what `tessera up` starts ---------------------------------------------------------------
    data_dir: Path = Field(
        Path(".tessera"),
        description="Where `tessera up` keeps Postgres, Temporal, logs and programs.",
    )
    postgres_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The port of the Postgres that `tessera up` starts. Default: a free one.",
    )
    temporal_binary: str | None = Field(
        None,
        description="The `temporal` program that `tessera up` starts. Default: one is found or "
        "built.",
    )
    temporal_port: int = Field(
        7233, ge=1, le=65535, description="The port of the Temporal that `tessera up` starts."
    )
    temporal_ui_port: int = Field(8233, ge=1, le=65535, description="The port of its UI.")

    @classmethod
    def load(cls, **given: object) -> Self:
        """Read the environment, `given` before it; raises `SetupFailed` with one line per fault."""
        try:
            return cls(**given)  # type: ignore[arg-type]  # names and values are checked by pydantic
        except ValidationError as error:
            faults = [told(str((*fault["loc"], "")[0]), fault["msg"]) for fault in error.errors()]
            raise SetupFailed(
                "The settings cannot be used. " + " ".join(faults),
                hint="docs/reference/settings.md lists every setting.",
            ) from None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        try:
            for url in (self.database_url, self.migration_database_url):
                if url is not None:
                    checked_url(url)
            self.server_policy().bounds.check(self.timeline().to_wire())
            self.check_provider()
            self.check_webhook(self.webhook_url)
            self.check_slack()
        except TesseraError as error:
            raise ValueError(error.detail) from None
        self.check_limits(development=self.in_development)
        self.check_mail()
        if self.auth_disabled and self.environment is Environment.PRODUCTION:
            raise ValueError(
                "AUTH_DISABLED is for development; set ENVIRONMENT=development with it."
            )
        return self

    @property
    def in_development(self) -> bool:
        """Whether this server is in development."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def anonymous_allowed(self) -> bool:
        """Whether a caller without a key may do everything: the development server's way."""
        without_key = self.bootstrap_api_key is None
        return self.auth_disabled or (self.in_development and without_key)

    @property
    def address(self) -> str:
        """The address of the pages as people use it, without a slash at its end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    def warnings(self, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """Return what is odd about the environment but keeps nobody from starting."""
        found = os.environ if environ is None else environ
        return (*self._odd_values(), *misspelled(found, variables()))

    def _odd_values(self) -> list[str]:
        found = []
        if self.redis_url is not None:
            found.append("REDIS_URL is set and not used: Tessera needs no Redis.")
        found += self.odd_slack()
        key = self.bootstrap_api_key
        if key is not None and len(key.get_secret_value()) < 16:
            found.append("BOOTSTRAP_API_KEY is shorter than 16 characters: easily guessed.")
        if key is None and self.oidc_issuer is None and not self.anonymous_allowed:
            found.append(
                "BOOTSTRAP_API_KEY is not set: until somebody has set the server up at /setup, "
                "nobody can come in."
            )
        return found


def variables() -> dict[str, str]:
    """Return every environment variable with its description, in the order of the settings."""
    return {
        variable(name): field.description or "" for name, field in Settings.model_fields.items()
    }
