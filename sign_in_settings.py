"""The settings of how people sign in, which `settings.Settings` has besides its own."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from domain.provider_groups import GroupRules
from domain.sessions import SessionLimits
from domain.timeline import parse_duration
from naming import READ_FROM_ENVIRONMENT, is_secure

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class SignInSettings(BaseSettings):
    """Sessions of the pages, and the identity provider."""

    model_config = READ_FROM_ENVIRONMENT

    session_idle: Duration = Field(
        SessionLimits().idle,
        ge=timedelta(minutes=5),
        le=timedelta(days=30),
        description="How long a session of the pages may be unused before one signs in again.",
    )
    session_lifetime: Duration = Field(
        SessionLimits().lifetime,
        ge=timedelta(minutes=5),
        le=timedelta(days=90),
        description="After how long one signs in again in any case.",
    )
    oidc_issuer: str | None = Field(
        None,
        description="An OpenID Connect provider that people sign in with, such as "
        "`https://login.example.com/realms/main`; needs OIDC_CLIENT_ID. See "
        "[signing in](../operations/sign-in.md).",
    )
    oidc_client_id: str | None = Field(
        None, description="What the provider calls this server, its client."
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="The client's secret; none for a public client, which has PKCE alone."
    )
    oidc_scopes: str = Field(
        "openid email profile",
        description="What the provider is asked for, separated by spaces; some need `groups` here.",
    )
    oidc_name: str = Field(
        "your organisation", description="What the button says after “Sign in with”."
    )
    oidc_groups_claim: str = Field("groups", description="The claim that lists somebody's groups.")
    oidc_groups: str = Field(
        "",
        description="What groups make of their people: `data-eng=orders:member,platform=*:admin`. "
        "Each is group, team and role (`owner`, `member`, `viewer`), or `*:admin`.",
    )
    oidc_trust_email: bool = Field(
        False,
        description="Take the provider's e-mail addresses for verified where it does not say "
        "whether they are; only for a provider whose addresses your own organisation gives out.",
    )

    def session_limits(self) -> SessionLimits:
        """Return how long sessions last."""
        return SessionLimits(idle=self.session_idle, lifetime=self.session_lifetime)

    def check_provider(self) -> None:
        """Raise `ValueError` or `InvalidRequest` if the provider's settings do not fit together."""
        if (self.oidc_issuer is None) != (self.oidc_client_id is None):
            raise ValueError("OIDC_ISSUER and OIDC_CLIENT_ID go together; one of them is missing.")
        if self.oidc_issuer is not None and not is_secure(self.oidc_issuer):
            raise ValueError("OIDC_ISSUER must begin with https://, but on this machine.")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("OIDC_SCOPES must have `openid` in it.")
        GroupRules.parse(self.oidc_groups)
