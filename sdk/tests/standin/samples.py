"""The story that the screens are shown with: orders lose a column that two teams read."""

from datetime import UTC, datetime, timedelta

from standin.http import Document, Json
from standin.server import StandIn

CHECKOUT = "01939a10-0000-7000-8000-000000000001"
MARKETING = "01939a10-0000-7000-8000-000000000002"
BILLING = "01939a10-0000-7000-8000-000000000003"
CUSTOMERS = "01939a10-0000-7000-8000-0000000000a1"
CUSTOMERS_STAGING = "01939a10-0000-7000-8000-0000000000a2"
CONTRACT = "01939a10-0000-7000-8000-0000000000c1"
OLDER_CONTRACT = "01939a10-0000-7000-8000-0000000000c0"
PROPOSAL = "01939a10-0000-7000-8000-0000000000d1"
REGISTRATION = "01939a10-0000-7000-8000-0000000000e1"


def from_now(**distance: float) -> str:
    # Half a second more, so that "in 3 days" stays true while the test runs.
    return (datetime.now(UTC) + timedelta(**distance) + timedelta(milliseconds=500)).isoformat()


def removed_email() -> Document:
    return {
        "kind": "field_removed",
        "path": "user_email",
        "before": {"type": "string"},
        "after": None,
        "breaks_backward": True,
        "breaks_forward": False,
        "undecided": False,
        "gating": True,
        "sentence": "`user_email` is removed.",
    }


def added_nickname() -> Document:
    return {
        "kind": "field_added",
        "path": "nickname",
        "before": None,
        "after": {"type": "string"},
        "breaks_backward": False,
        "breaks_forward": True,
        "undecided": False,
        "gating": False,
        "sentence": "`nickname` is added.",
    }


def proved_email() -> Document:
    """The same with what is found for those who ask."""
    return {
        **removed_email(),
        "group": "asks",
        "also": ["previous.user_email"],
        "witness": {
            "instance": {"id": 0, "user_email": ""},
            "direction": "backward",
            "valid_before": True,
            "valid_after": False,
        },
        "suggestion": {
            "sentence": "Keep `user_email` and mark it as deprecated.",
            "document": "",
            "patch": [{"op": "add", "path": "/properties/user_email", "value": {}}],
        },
    }


def party(team: str, name: str, **more: Json) -> Document:
    return {
        "team": {"id": team, "name": name},
        "reason": "reads `user_email`",
        "fields": ["user_email"],
        "state": "pending",
        "response": None,
        "note": None,
        "until": None,
        "due_at": from_now(days=12),
        "asked_at": from_now(days=-2),
        "reminders": 1,
        "answered_at": None,
        **more,
    }


def open_proposal(**more: Json) -> Document:
    return {
        "id": PROPOSAL,
        "asset": {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"},
        "asset_id": CUSTOMERS,
        "producer": {"id": CHECKOUT, "name": "checkout"},
        "status": "pending",
        "cause": None,
        "revision": 1,
        "base_version": "1.2.0",
        "version": "2.0.0",
        "changes": [removed_email(), added_nickname()],
        "parties": [
            party(MARKETING, "marketing"),
            party(
                BILLING,
                "billing",
                state="migrating",
                response="migrating",
                until=from_now(days=5),
                note="invoices still print it",
            ),
        ],
        "pending": ["marketing", "billing"],
        "told": ["data platform"],
        "deadline_at": from_now(days=12),
        "next_review_at": from_now(days=1),
        "created_at": from_now(days=-2),
        "ended_at": None,
        "base_moved": False,
        "confirmation_needed": False,
        "stuck": None,
        "contract_id": None,
        "links": {
            "self": f"/api/v1/proposals/{PROPOSAL}",
            "page": f"http://localhost:8000/proposals/{PROPOSAL}",
            "temporal": f"http://localhost:8233/namespaces/default/workflows/proposal-{PROPOSAL}",
        },
        **more,
    }


def contract(id_: str, version: str, status: str) -> Document:
    return {
        "id": id_,
        "asset_id": CUSTOMERS,
        "asset": {"id": CUSTOMERS, "fqn": "orders.customers", "environment": "production"},
        "version": version,
        "status": status,
        "format": "json_schema",
        "created_at": from_now(days=-40),
        "schema": {"type": "object", "properties": {"user_email": {"type": "string"}}},
        "guarantees": {"nullability": {"user_email": "never"}, "unique": ["id"]},
        "fields": [
            {
                "path": "user_email",
                "type": "string",
                "nullable": False,
                "required": True,
                "description": None,
                "deprecated": False,
            },
            {
                "path": "address.city",
                "type": "string",
                "nullable": True,
                "required": False,
                "description": None,
                "deprecated": True,
            },
        ],
    }


def tell_the_story(server: StandIn) -> None:
    tessera = server.tessera
    tessera.teams += teams()
    tessera.assets += assets()
    tessera.registrations.append(registration())
    tessera.contracts += [
        contract(CONTRACT, "1.2.0", "active"),
        contract(OLDER_CONTRACT, "1.1.0", "deprecated"),
    ]
    tessera.proposals.append(open_proposal())
    tessera.policy.update(
        {
            "preset": "default",
            "mode": "backward",
            "content_model": "closed",
            "semver_mode": "auto",
            "observe": False,
            "observe_override": None,
            "timeline": {"deadline": "P14D", "remind_after": "PT36H", "on_deadline": "expire"},
        }
    )
    tessera.events += [
        event(3, "proposal.opened", "`orders.customers` 2.0.0 is proposed."),
        event(2, "proposal.asked", "`marketing` and `billing` are asked."),
        event(1, "proposal.acknowledged", "`billing` needs time."),
    ]


def teams() -> list[Document]:
    return [
        {"id": CHECKOUT, "name": "checkout", "created_at": from_now(days=-90)},
        {"id": MARKETING, "name": "marketing", "created_at": from_now(days=-60)},
        {"id": BILLING, "name": "billing", "created_at": from_now(hours=-5)},
    ]


def assets() -> list[Document]:
    return [
        {
            "id": id_,
            "fqn": "orders.customers",
            "environment": environment,
            "kind": "table",
            "owner_team_id": CHECKOUT,
            "tags": ["pii"],
            "created_at": from_now(days=-60),
        }
        for id_, environment in ((CUSTOMERS, "production"), (CUSTOMERS_STAGING, "staging"))
    ]


def registration() -> Document:
    return {
        "id": REGISTRATION,
        "asset_id": CUSTOMERS,
        "consumer_team_id": MARKETING,
        "fields": ["user_email", "address.city"],
        "pinned_version": "1.2.0",
        "used_by": [{"name": "newsletter", "link": "https://wiki.example.com/newsletter"}],
        "created_at": from_now(days=-30),
    }


def event(minutes_ago: int, type_: str, summary: str) -> Document:
    return {
        "id": f"{minutes_ago}-1",
        "type": type_,
        "at": from_now(minutes=-minutes_ago),
        "actor": {"kind": "key", "name": "ci"},
        "summary": summary,
        "asset_id": CUSTOMERS,
        "proposal_id": PROPOSAL,
    }
