"""How destinations are written in requests and shown in answers."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.json_bodies import Body, Moment
from api.views import View
from domain.destinations import Destination, DestinationKind, Pace, Subscription
from domain.severity import Severity
from domain.timeline import parse_duration
from record.destination_secrets import OVERLAP
from record.destinations import Wanted
from record.replays import REPLAYED_AT_ONCE

Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str | float)]


class SubscriptionBody(Body):
    """Which events are wanted: those that meet all that is said."""

    events: list[str] = Field(
        [],
        description="Types or patterns of them; none means every one.",
        examples=[["proposal.*", "contract.published"]],
    )
    assets: list[str] = Field(
        [],
        description="Patterns of FQNs; none means every one, and what is about no asset.",
        examples=[["orders.*"]],
    )
    severity: Severity = Field(Severity.INFO, description="At least this.")

    def value(self) -> Subscription:
        """Return the domain value."""
        return Subscription(
            events=tuple(self.events), assets=tuple(self.assets), severity=self.severity
        )


class DestinationBody(Body):
    """Where to tell, and what. What is left out is as it is by default, but for the secret."""

    kind: DestinationKind = DestinationKind.WEBHOOK
    address: str | None = Field(
        None,
        description="A URL, a Slack channel's id, or an e-mail address. Left out for a person, who "
        "is told where their own e-mail address leads.",
        examples=["https://hooks.example.com/tessera"],
    )
    secret: str | None = Field(
        None,
        description="Signs what a webhook is sent (Standard Webhooks). Left out, the one it has "
        "stays; a new webhook gets one.",
    )
    subscription: SubscriptionBody | None = Field(
        None, description="Left out: everything; for a person, what is `warning` and above."
    )
    pace: Pace | None = Field(
        None,
        description="`at_once`, `digest` (once a day), `off`, or for a person `auto`: at once what "
        "no channel of their teams takes at once, the rest in the digest. A reminder near a "
        "deadline always goes out.",
    )

    def wanted(self) -> Wanted:
        """Return the domain value."""
        return Wanted(
            kind=self.kind,
            address=self.address,
            secret=self.secret,
            subscription=None if self.subscription is None else self.subscription.value(),
            pace=self.pace,
        )


class SecretRotationBody(Body):
    """How a secret is replaced."""

    overlap: Duration = Field(
        OVERLAP,
        description="For how long both sign: seconds, `36h`, `7d` or ISO 8601; `0s` is none.",
    )


class ReplayBody(Body):
    """Which failed deliveries are made again."""

    since: Moment = Field(description="Those given up at this time or later.")


class SubscriptionView(View):
    """Which events are wanted."""

    events: list[str]
    assets: list[str]
    severity: Severity

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionView":
        """Return the view of a subscription."""
        return cls(
            events=list(subscription.events),
            assets=list(subscription.assets),
            severity=subscription.severity,
        )


class DestinationView(View):
    """Where somebody is told; with neither team nor user the server."""

    id: UUID
    team_id: UUID | None
    user_id: UUID | None
    kind: DestinationKind
    name: str
    address: str | None
    secret: str | None = Field(
        description="Shown in the one answer for which it was made, and null in all others."
    )
    subscription: SubscriptionView
    pace: Pace
    overlap_until: datetime | None = Field(
        description="Until then the secret before the present one signs too."
    )
    disabled_at: datetime | None = Field(
        description="Set when it kept failing; setting it again enables it."
    )
    created_at: datetime

    @classmethod
    def of(cls, destination: Destination, secret: str | None = None) -> "DestinationView":
        """Return the view of a destination, with a secret that was made just now."""
        return cls(
            id=destination.id,
            team_id=destination.team_id,
            user_id=destination.user_id,
            kind=destination.kind,
            name=destination.name,
            address=destination.address,
            secret=secret,
            subscription=SubscriptionView.of(destination.subscription),
            pace=destination.pace,
            overlap_until=destination.overlap_until,
            disabled_at=destination.disabled_at,
            created_at=destination.created_at,
        )


class DestinationsView(View):
    """Everything that an owner has, by name."""

    items: list[DestinationView]


class ReplayedView(View):
    """What is sent again."""

    replayed: int
    remaining: int = Field(
        description=f"What failed and is left: one request sends {REPLAYED_AT_ONCE} again."
    )
