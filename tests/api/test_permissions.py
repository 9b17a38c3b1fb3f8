"""The walk: every route of the app, API and pages, by every kind of principal.

`ROUTES` is written by hand and says for each route who is let in; a route that is missing here
fails. Refused requests come first and must leave nothing in the log.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from store.database import Database
from store.events import EventRow
from store.transaction import Transaction
from tests.support.api_client import KEY, Api, client_of, every_route, table, unique
from tests.support.credentials import Credentials

# --- who comes --------------------------------------------------------------------------------

STRANGERS = frozenset({"anonymous", "wrong secret", "revoked", "expired", "deactivated"})
READERS = frozenset({"own read key", "viewer", "owner reading", "foreign key", "foreign owner"})
IDLE_ADMINISTRATOR = "administrator writing"
"""An administrator whose key has only the scope `write`, and who is in no team."""
WORKERS = frozenset({"own key", "member", "bot", "owner"})
ADMINS = frozenset({"own admin key", "administrator", "bootstrap"})
EVERYBODY = READERS | WORKERS | ADMINS | {IDLE_ADMINISTRATOR}
WRITERS = WORKERS | ADMINS
OWNERS = ADMINS | {"owner"}
HANDS = EVERYBODY - {"own read key", "owner reading"}
"""Whose keys may change something at all: bulk routes decide by asset, see `test_asset_bulk`."""
INSIDERS = WRITERS | {"own read key", "viewer", "owner reading"}
OPEN = STRANGERS | EVERYBODY
WRITING = EVERYBODY - {"own read key", "owner reading"}

SESSIONS = {f"{kind}'s session": kind for kind in ("viewer", "member", "owner", "administrator")}
"""A browser in which somebody has signed in as a user, and with what key they might do the same on
the pages; the API takes no cookie."""
ENDED_SESSION = "ended session"

Keys = Mapping[str, str | None]


async def keys_of(credentials: Credentials, own: JsonObject, foreign: JsonObject) -> Keys:
    """A credential for each kind of principal, as seen from the team that counts."""

    async def user_key(role: str, scope: str = "write", **more: object) -> JsonObject:
        user = await credentials.member(own, role, **more)
        return await credentials.user_key(user, scope)

    gone = await credentials.member(own, "owner")
    gone_key = await credentials.user_key(gone)
    await credentials.deactivated(gone)
    other = await credentials.member(foreign, "owner")
    lazy = await credentials.user("lazy", administrator=True)
    admin = await credentials.user("admin", administrator=True)
    right = str((await credentials.team_key(own))["key"])
    made: dict[str, JsonObject] = {
        "revoked": await credentials.revoked(await credentials.team_key(own)),
        "expired": await credentials.expired(await credentials.team_key(own)),
        "deactivated": gone_key,
        "own read key": await credentials.team_key(own, "read"),
        "own key": await credentials.team_key(own),
        "own admin key": await credentials.team_key(own, "admin"),
        "foreign key": await credentials.team_key(foreign),
        "foreign owner": await credentials.user_key(other),
        "viewer": await user_key("viewer"),
        "member": await user_key("member"),
        "owner": await user_key("owner"),
        "owner reading": await user_key("owner", "read"),
        "bot": await user_key("member", kind="bot"),
        "administrator": await credentials.user_key(admin, "admin"),
        IDLE_ADMINISTRATOR: await credentials.user_key(lazy),
    }
    wrong = f"{right[:-1]}{'0' if right[-1] != '0' else '1'}"
    keys = {name: str(key["key"]) for name, key in made.items()}
    return {**keys, "anonymous": None, "wrong secret": wrong, "bootstrap": KEY}


async def people_of(credentials: Credentials, *teams: JsonObject) -> dict[str, JsonObject]:
    """A user for each kind of session, in both teams alike."""
    people = {}
    for name, role in SESSIONS.items():
        user = await credentials.user(role, administrator=role == "administrator")
        if role != "administrator":
            for team in teams:
                path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
                response = await credentials.admin.put(path, json={"role": role})
                assert response.status_code == 200, response.text
        people[name] = user
    return people


async def session_of(credentials: Credentials, user: JsonObject) -> JsonObject:
    """A session of a user, as the API shows it."""
    await credentials.session(user)
    page = await credentials.admin.get(f"/api/v1/users/{user['id']}/sessions")
    (session,) = page.json()["items"]
    found: JsonObject = session
    return found


# --- what they ask for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """A producer, its asset, a consumer that reads it, and proposals to act on."""

    api: Api
    credentials: Credentials
    producer: JsonObject
    consumer: JsonObject
    asset: JsonObject
    contract: JsonObject
    registration: JsonObject
    proposals: Mapping[str, JsonObject]
    user: JsonObject
    key: JsonObject
    spare_team: JsonObject
    spare_asset: JsonObject
    upstream: JsonObject
    session: JsonObject
    destination: JsonObject
    delivery: JsonObject
    release: JsonObject
    by_team: Mapping[str, Keys]
    registrations: Mapping[str, JsonObject]
    people: Mapping[str, JsonObject]
    """The users whose sessions come."""

    def filled(self, path: str, line: "Line", kind: str) -> str:
        """The address of a route, about things of the team that counts."""
        team = self.producer if line.team == "producer" else self.consumer
        named = {
            "team_id": self.spare_team if line.spare else team,
            "asset_id": self.spare_asset if line.spare else self.asset,
            "upstream_id": self.upstream,
            "contract_id": self.contract,
            "registration_id": (
                self.registrations.get(f"form {kind}" if line.form else kind, self.registration)
                if line.each
                else self.registration
            ),
            "proposal_id": self.proposals[line.proposal],
            "user_id": self.user,
            "key_id": self.key,
            "session_id": self.session,
            "destination_id": self.destination,
            "delivery_id": self.delivery,
            "release_id": self.release,
        }
        for name, thing in named.items():
            path = path.replace(f"{{{name}}}", str(thing["id"]))
        return (
            path.replace("{type}", "proposal.asked")
            .replace("{name}", "mark.svg")
            .replace("{version}", "active")
        )


Body = Callable[[World], JsonObject]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: who is let in, and what they are answered.

    `again` is what who comes after the first may be answered too; `each` says that everybody comes
    to a registration of their own; `in_person` that a key does not do, but for administrators.
    """

    allowed: frozenset[str]
    status: int = 200
    body: Body | None = None
    team: str = "producer"
    proposal: str = "read"
    query: Mapping[str, str] = field(default_factory=dict)
    form: bool = False
    again: int | None = None
    each: bool = False
    spare: bool = False
    """Whether it is about things that nothing else needs, since it takes them away."""
    in_person: bool = False

    def lets_in(self, path: str) -> frozenset[str]:
        """Who is let in at a path, sessions too."""
        if self.allowed == OPEN:
            return self.allowed | {*SESSIONS, ENDED_SESSION}
        if path.startswith("/api/"):
            return self.allowed
        return self.allowed | {
            name for name, kind in SESSIONS.items() if self.in_person or kind in self.allowed
        }


def says(**body: object) -> Body:
    return lambda _world: dict(body)


def _answer(world: World) -> JsonObject:
    return {"consumer_team_id": world.consumer["id"], "response": "approved"}


def _reassignment(world: World) -> JsonObject:
    return {
        "team_id": world.consumer["id"],
        "to_team_id": world.producer["id"],
        "reason": "it moved",
    }


def _comment(world: World) -> JsonObject:
    return {"team_id": world.consumer["id"], "text": "When does it go?"}


def _objection(world: World) -> JsonObject:
    return {"team_id": world.consumer["id"], "reason": "It is asked, so this is refused."}


def _handed(world: World) -> JsonObject:
    return {"consumer_team_id": world.consumer["id"], "user_id": None}


def _registration(world: World) -> JsonObject:
    return {"asset_id": world.asset["id"], "consumer_team_id": world.consumer["id"]}


def _mover(world: World) -> JsonObject:
    return {"consumer_team_id": world.consumer["id"]}


def _extension(world: World) -> JsonObject:
    return {**_mover(world), "until": "2027-06-30T00:00:00Z"}


def _asset(world: World) -> JsonObject:
    return {"fqn": unique("new"), "owner_team_id": world.producer["id"]}


def _key(world: World) -> JsonObject:
    return {"name": "made", "team_id": world.producer["id"]}


def _among_many(**more: object) -> Body:
    return lambda world: {"asset_ids": [world.asset["id"]], "dry_run": True, **more}


def _contracts(world: World) -> JsonObject:
    contract = {"asset_id": world.asset["id"], "schema": table("id")}
    return {"contracts": [contract], "dry_run": True}


def _members(kind: str) -> Body:
    return lambda world: {"proposal_ids": [world.proposals[kind]["id"]]}


def _merger(world: World) -> JsonObject:
    return {"into": world.consumer["id"]}


def _form_comment(world: World) -> JsonObject:
    return {"team": world.consumer["id"], "text": "When does it go?"}


def _form_upstream(world: World) -> JsonObject:
    return {"upstream": world.upstream["id"]}


def _form_schema(world: World) -> JsonObject:
    """What it does was never looked at, so it is done for nobody."""
    return {"asset": world.asset["id"], "schema": '{"type": "object"}'}


def _form_handed(world: World) -> JsonObject:
    return {"team": world.consumer["id"], "user": ""}


def _form_answer(world: World) -> JsonObject:
    return {"team": world.consumer["id"], "response": "approved"}


def _form_member(world: World) -> JsonObject:
    return {"user": world.user["email"], "role": "viewer"}


def _form_merger(world: World) -> JsonObject:
    return {"into": world.consumer["name"]}


def _form_key(world: World) -> JsonObject:
    return {"name": "made", "team": world.producer["id"], "scope": "write", "lasts": "30"}


def _form_bot(_world: World) -> JsonObject:
    return {"name": unique("bot"), "kind": "bot"}


def _form_hook(world: World) -> JsonObject:
    kind = {"kind": "webhook", "severity": "info"}
    return {"team": world.producer["id"], "name": unique("hook"), "address": HOOK, **kind}


def _form_revision(_world: World) -> JsonObject:
    return {"schema": json.dumps(table("id"))}


def _form_reassignment(world: World) -> JsonObject:
    return {
        "team": world.consumer["id"],
        "to_team": world.producer["id"],
        "reason": "it moved",
    }


def _form_steward(world: World) -> JsonObject:
    return {"user": world.user["email"]}


def _form_owner(world: World) -> JsonObject:
    return {"team": world.producer["id"]}


def _form_judging(_world: World) -> JsonObject:
    return {"mode": "full", "content_model": "closed", "semver_mode": "auto", "observe": ""}


def _form_mover(world: World) -> JsonObject:
    return {"team": world.consumer["id"], "until": "2027-06-30"}


READ = Line(EVERYBODY)
SHOWN = Line(OPEN)
A = "/api/v1"
HOOK = "https://hooks.example.com/t"
ROUTES: Mapping[tuple[str, str], Line] = {
    # The API: reading
    ("GET", f"{A}/teams"): READ,
    ("GET", f"{A}/teams/{{team_id}}"): READ,
    ("GET", f"{A}/teams/{{team_id}}/policy"): READ,
    ("GET", f"{A}/teams/{{team_id}}/destinations"): Line(INSIDERS),
    ("GET", f"{A}/teams/{{team_id}}/destinations/{{name}}"): Line(INSIDERS, 404),
    ("GET", f"{A}/destinations/{{destination_id}}"): Line(INSIDERS),
    ("GET", f"{A}/deliveries"): READ,
    ("GET", f"{A}/event-types"): READ,
    ("GET", f"{A}/event-types/{{type}}"): READ,
    ("GET", f"{A}/deliveries/{{delivery_id}}"): Line(INSIDERS),
    ("GET", f"{A}/teams/{{team_id}}/members"): READ,
    ("GET", f"{A}/teams/{{team_id}}/members/{{user_id}}"): Line(EVERYBODY, 404),
    ("GET", f"{A}/users"): READ,
    ("GET", f"{A}/users/{{user_id}}"): READ,
    ("GET", f"{A}/me"): READ,
    ("GET", f"{A}/assets"): READ,
    ("GET", f"{A}/assets/{{asset_id}}"): READ,
    ("GET", f"{A}/assets/{{asset_id}}/policy"): READ,
    ("GET", f"{A}/assets/{{asset_id}}/stewards"): READ,
    ("GET", f"{A}/environments"): READ,
    ("GET", f"{A}/tags"): READ,
    ("GET", f"{A}/assets/{{asset_id}}/contracts"): READ,
    ("GET", f"{A}/assets/{{asset_id}}/diff"): Line(
        EVERYBODY, query={"from": "1.0.0", "to": "active"}
    ),
    ("GET", f"{A}/contracts/{{contract_id}}"): READ,
    ("GET", f"{A}/contracts/{{contract_id}}/diff"): READ,
    ("POST", f"{A}/compare"): Line(EVERYBODY, body=says(old=table("id"), new=table("id"))),
    ("GET", f"{A}/contracts/{{contract_id}}/retirement"): Line(EVERYBODY, 404),
    ("GET", f"{A}/retirements"): READ,
    ("GET", f"{A}/registrations"): READ,
    ("GET", f"{A}/registrations/{{registration_id}}"): READ,
    ("GET", f"{A}/inbox"): Line(EVERYBODY, query={"team_id": "{team_id}"}),
    ("GET", f"{A}/proposals"): READ,
    ("GET", f"{A}/proposals/{{proposal_id}}"): READ,
    ("GET", f"{A}/proposals/{{proposal_id}}/comments"): READ,
    ("GET", f"{A}/proposals/{{proposal_id}}/objections"): READ,
    ("GET", f"{A}/proposals/{{proposal_id}}/downstream"): READ,
    ("GET", f"{A}/assets/{{asset_id}}/dependencies"): READ,
    ("GET", f"{A}/proposals/{{proposal_id}}/proof"): READ,
    ("GET", f"{A}/reports/response-times"): READ,
    ("GET", f"{A}/reports/observed"): READ,
    ("GET", f"{A}/events"): READ,
    ("GET", f"{A}/events/stream"): READ,
    ("GET", f"{A}/api-keys"): READ,
    ("GET", f"{A}/api-keys/{{key_id}}"): Line(INSIDERS),
    # The API: for a team
    ("POST", f"{A}/assets"): Line(WRITERS, 201, _asset),
    ("POST", f"{A}/assets/{{asset_id}}/contracts"): Line(
        WRITERS, 200, says(schema=table("id", "email"))
    ),
    ("PATCH", f"{A}/assets/{{asset_id}}"): Line(WRITERS, 200, says(description="Who buys.")),
    ("PUT", f"{A}/assets/{{asset_id}}/stewards/{{user_id}}"): Line(WRITERS),
    ("DELETE", f"{A}/assets/{{asset_id}}/stewards/{{user_id}}"): Line(WRITERS, 204),
    ("PUT", f"{A}/assets/{{asset_id}}/dependencies/{{upstream_id}}"): Line(WRITERS),
    ("DELETE", f"{A}/assets/{{asset_id}}/dependencies/{{upstream_id}}"): Line(WRITERS, 204),
    ("DELETE", f"{A}/assets/{{asset_id}}"): Line(OWNERS, 204, spare=True),
    ("POST", f"{A}/assets/{{asset_id}}/restore"): Line(OWNERS, spare=True),
    ("POST", f"{A}/assets/bulk/assign"): Line(
        HANDS, 200, lambda world: _among_many(owner_team_id=world.consumer["id"])(world)
    ),
    ("POST", f"{A}/assets/bulk/tags"): Line(HANDS, 200, _among_many(add=["pii"])),
    ("POST", f"{A}/assets/bulk/delete"): Line(HANDS, 200, _among_many()),
    ("POST", f"{A}/contracts/bulk/publish"): Line(HANDS, 200, _contracts),
    ("GET", f"{A}/releases"): READ,
    ("GET", f"{A}/releases/{{release_id}}"): READ,
    ("POST", f"{A}/releases"): Line(
        WRITERS, 201, lambda world: _members("released")(world) | {"name": "r"}, again=409
    ),
    ("POST", f"{A}/releases/{{release_id}}/proposals"): Line(WRITERS, 200, _members("member")),
    ("DELETE", f"{A}/releases/{{release_id}}/proposals/{{proposal_id}}"): Line(
        WRITERS, 422, proposal="member"
    ),
    ("POST", f"{A}/releases/{{release_id}}/force"): Line(ADMINS, 200, says(reason="by law")),
    ("POST", f"{A}/releases/{{release_id}}/cancel"): Line(WRITERS, again=409),
    ("PATCH", f"{A}/teams/{{team_id}}"): Line(OWNERS, 200, lambda _: {"name": unique("named")}),
    ("PATCH", f"{A}/assets/{{asset_id}}/policy"): Line(OWNERS, 200, says(mode="none")),
    ("PATCH", f"{A}/teams/{{team_id}}/policy"): Line(OWNERS, 200, says(observe=True)),
    ("PUT", f"{A}/teams/{{team_id}}/destinations/{{name}}"): Line(WRITERS, 200, says(address=HOOK)),
    ("DELETE", f"{A}/teams/{{team_id}}/destinations/{{name}}"): Line(WRITERS, 204),
    ("POST", f"{A}/destinations/{{destination_id}}/ping"): Line(WRITERS, 202),
    ("POST", f"{A}/destinations/{{destination_id}}/rotate-secret"): Line(WRITERS, again=409),
    ("POST", f"{A}/destinations/{{destination_id}}/replay"): Line(
        WRITERS, 202, says(since="2026-01-01T00:00:00Z")
    ),
    ("POST", f"{A}/deliveries/{{delivery_id}}/replay"): Line(WRITERS, 202),
    ("POST", f"{A}/proposals/{{proposal_id}}/withdraw"): Line(WRITERS, proposal="withdraw"),
    ("POST", f"{A}/proposals/{{proposal_id}}/revise"): Line(
        WRITERS, 200, says(schema=table("id")), proposal="revise"
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/publish"): Line(WRITERS, 409),
    ("POST", f"{A}/proposals/{{proposal_id}}/confirm"): Line(WRITERS, 409),
    ("POST", f"{A}/proposals/{{proposal_id}}/ask-again"): Line(
        WRITERS, 200, lambda world: {"team_id": world.consumer["id"]}
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/extend"): Line(WRITERS, 200, says(by="1h")),
    ("POST", f"{A}/proposals/{{proposal_id}}/acknowledge"): Line(
        WRITERS, 200, _answer, team="consumer"
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/comments"): Line(
        WRITERS, 201, _comment, team="consumer"
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/objections"): Line(
        WRITERS, 409, _objection, team="consumer"
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/delegate"): Line(
        WRITERS, 200, _handed, team="consumer"
    ),
    ("POST", f"{A}/contracts/{{contract_id}}/retirement"): Line(
        WRITERS, 409, says(sunset_at="2027-06-30T00:00:00Z")
    ),
    ("POST", f"{A}/contracts/{{contract_id}}/retirement/cancel"): Line(WRITERS, 404),
    ("POST", f"{A}/contracts/{{contract_id}}/retirement/moved"): Line(
        WRITERS, 404, _mover, team="consumer"
    ),
    ("POST", f"{A}/contracts/{{contract_id}}/retirement/extend"): Line(
        WRITERS, 404, _extension, team="consumer"
    ),
    ("POST", f"{A}/registrations"): Line(WRITERS, 200, _registration, team="consumer"),
    ("PATCH", f"{A}/registrations/{{registration_id}}"): Line(
        WRITERS, 200, says(used_by={"name": "newsletter"}), team="consumer"
    ),
    ("DELETE", f"{A}/registrations/{{registration_id}}"): Line(
        WRITERS, 204, team="consumer", each=True
    ),
    ("PUT", f"{A}/teams/{{team_id}}/members/{{user_id}}"): Line(OWNERS, 200, says(role="viewer")),
    ("DELETE", f"{A}/teams/{{team_id}}/members/{{user_id}}"): Line(OWNERS, 204),
    ("POST", f"{A}/api-keys"): Line(OWNERS, 201, _key),
    ("POST", f"{A}/api-keys/{{key_id}}/rotate"): Line(OWNERS, 201, again=409),
    ("POST", f"{A}/api-keys/{{key_id}}/revoke"): Line(OWNERS),
    # The API: for administrators
    ("POST", f"{A}/teams"): Line(ADMINS, 201, lambda _world: {"name": unique("made")}),
    ("DELETE", f"{A}/teams/{{team_id}}"): Line(ADMINS, 204, spare=True),
    ("POST", f"{A}/teams/{{team_id}}/restore"): Line(ADMINS, spare=True),
    ("POST", f"{A}/teams/{{team_id}}/merge"): Line(ADMINS, 200, _merger, spare=True),
    ("POST", f"{A}/proposals/{{proposal_id}}/force"): Line(
        ADMINS, 200, says(reason="by law"), proposal="force"
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/reassign"): Line(
        ADMINS, 200, _reassignment, proposal="reassign", again=409
    ),
    ("POST", f"{A}/proposals/{{proposal_id}}/cancel"): Line(
        ADMINS, 200, says(reason="by mistake"), proposal="cancel"
    ),
    ("POST", f"{A}/users"): Line(
        ADMINS, 201, lambda _world: {"name": unique("bot"), "kind": "bot"}
    ),
    ("PATCH", f"{A}/users/{{user_id}}"): Line(ADMINS, 200, says(administrator=False)),
    ("POST", f"{A}/users/{{user_id}}/deactivate"): Line(ADMINS),
    ("POST", f"{A}/users/{{user_id}}/reactivate"): Line(ADMINS),
    ("GET", f"{A}/users/{{user_id}}/destinations"): Line(ADMINS),
    ("GET", f"{A}/users/{{user_id}}/destinations/{{name}}"): Line(ADMINS, 404),
    ("PUT", f"{A}/users/{{user_id}}/destinations/{{name}}"): Line(ADMINS, 200, says(kind="email")),
    ("DELETE", f"{A}/users/{{user_id}}/destinations/{{name}}"): Line(ADMINS, 204),
    ("GET", f"{A}/server/destinations"): Line(ADMINS),
    ("GET", f"{A}/server/destinations/{{name}}"): Line(ADMINS, 404),
    ("PUT", f"{A}/server/destinations/{{name}}"): Line(ADMINS, 200, says(address=HOOK)),
    ("DELETE", f"{A}/server/destinations/{{name}}"): Line(ADMINS, 204),
    ("GET", f"{A}/users/{{user_id}}/sessions"): Line(ADMINS),
    ("POST", f"{A}/users/{{user_id}}/sessions/{{session_id}}/revoke"): Line(ADMINS),
    ("POST", f"{A}/users/{{user_id}}/sign-out"): Line(ADMINS),
    ("POST", f"{A}/users/{{user_id}}/password-link"): Line(ADMINS, 201),
    # The pages
    ("GET", "/"): READ,
    ("GET", "/ended"): READ,
    ("GET", "/proposals"): READ,
    ("GET", "/proposals/{proposal_id}"): READ,
    ("GET", "/proposals/{proposal_id}/schema"): READ,
    ("GET", "/proposals/{proposal_id}/proof"): READ,
    ("GET", "/proposals/{proposal_id}/proof.json"): READ,
    ("GET", "/releases/{release_id}"): READ,
    ("GET", "/proposals/{proposal_id}/revise"): Line(WRITERS, proposal="revise"),
    ("GET", "/propose"): Line(WRITING),
    ("GET", "/propose/new"): Line(WRITING),
    ("POST", "/propose/preview"): Line(WRITERS, body=_form_schema, form=True),
    ("POST", "/propose"): Line(WRITERS, 409, _form_schema, form=True),
    ("GET", "/setup/demo"): Line(ADMINS),
    ("POST", "/setup/demo"): Line(ADMINS, 303, says(), form=True),
    ("POST", "/setup/demo/remove"): Line(ADMINS, 303, says(), form=True),
    ("GET", "/reports/response-times"): READ,
    ("GET", "/reports/observed"): READ,
    ("GET", "/assets/{asset_id}/dependencies"): READ,
    ("POST", "/assets/{asset_id}/dependencies/add"): Line(WRITERS, 303, _form_upstream, form=True),
    ("POST", "/assets/{asset_id}/dependencies/remove"): Line(
        WRITERS, 303, _form_upstream, form=True
    ),
    ("GET", "/live"): Line(EVERYBODY, query={"after": "0-0"}),
    ("GET", "/assets"): READ,
    ("GET", "/assets/{asset_id}"): READ,
    ("GET", "/assets/{asset_id}/history"): READ,
    ("GET", "/assets/{asset_id}/compare"): READ,
    ("GET", "/assets/{asset_id}/versions/{version}"): READ,
    ("POST", "/assets/{asset_id}/register"): Line(
        WRITERS, 303, lambda world: {"team": world.consumer["id"]}, team="consumer", form=True
    ),
    ("POST", "/assets/{asset_id}/registrations/{registration_id}/remove"): Line(
        WRITERS, 303, says(), team="consumer", form=True, each=True
    ),
    ("POST", "/assets/{asset_id}/describe"): Line(
        WRITERS, 303, says(description="Who buys.", tags="pii"), form=True
    ),
    ("GET", "/assets/{asset_id}/stewards"): Line(EVERYBODY, 303),
    ("GET", "/assets/{asset_id}/give"): Line(EVERYBODY, 303),
    ("GET", "/assets/{asset_id}/judging"): Line(EVERYBODY, 303),
    ("GET", "/assets/{asset_id}/timeline"): Line(EVERYBODY, 303),
    ("POST", "/assets/{asset_id}/stewards"): Line(WRITERS, 303, _form_steward, form=True),
    ("POST", "/assets/{asset_id}/stewards/{user_id}/remove"): Line(WRITERS, 303, says(), form=True),
    ("POST", "/assets/{asset_id}/give"): Line(OWNERS, 303, _form_owner, form=True),
    ("POST", "/assets/{asset_id}/judging"): Line(WRITERS, 303, _form_judging, form=True),
    ("POST", "/assets/{asset_id}/timeline"): Line(
        WRITERS, 303, lambda _: {"timeline.deadline": "30d"}, form=True
    ),
    ("POST", "/assets/{asset_id}/delete"): Line(OWNERS, 303, says(), form=True, spare=True),
    ("POST", "/assets/{asset_id}/restore"): Line(OWNERS, 303, says(), form=True, spare=True),
    ("POST", "/proposals/{proposal_id}/ask-again"): Line(
        WRITERS, 303, lambda world: {"team": world.consumer["id"]}, proposal="form", form=True
    ),
    ("POST", "/proposals/{proposal_id}/extend"): Line(WRITERS, 303, says(by="1"), form=True),
    ("POST", "/proposals/{proposal_id}/reassign"): Line(
        ADMINS, 303, _form_reassignment, proposal="form reassign", form=True, again=409
    ),
    ("POST", "/proposals/{proposal_id}/cancel"): Line(
        ADMINS, 303, says(reason="by mistake"), proposal="form cancel", form=True
    ),
    ("POST", "/proposals/{proposal_id}/revise"): Line(
        WRITERS, 303, _form_revision, proposal="revise", form=True
    ),
    ("POST", "/proposals/{proposal_id}/revise/preview"): Line(
        WRITERS, 200, _form_revision, proposal="revise", form=True
    ),
    ("GET", "/inbox"): Line(EVERYBODY, 303),
    ("POST", "/inbox/{proposal_id}/answer"): Line(
        WRITERS, 303, _form_answer, team="consumer", proposal="form", form=True
    ),
    ("POST", "/inbox/retirements/{contract_id}/moved"): Line(
        WRITERS, 404, _form_mover, team="consumer", form=True
    ),
    ("POST", "/inbox/retirements/{contract_id}/extend"): Line(
        WRITERS, 404, _form_mover, team="consumer", form=True
    ),
    ("POST", "/proposals/{proposal_id}/answer"): Line(
        WRITERS, 303, _form_answer, team="consumer", proposal="form", form=True
    ),
    ("POST", "/proposals/{proposal_id}/comment"): Line(
        WRITERS, 303, _form_comment, team="consumer", form=True
    ),
    ("POST", "/proposals/{proposal_id}/object"): Line(
        WRITERS, 409, _form_comment, team="consumer", form=True
    ),
    ("POST", "/proposals/{proposal_id}/delegate"): Line(
        WRITERS, 303, _form_handed, team="consumer", proposal="form", form=True
    ),
    ("POST", "/proposals/{proposal_id}/publish"): Line(WRITERS, 409, says(), form=True),
    ("POST", "/proposals/{proposal_id}/confirm"): Line(WRITERS, 409, says(), form=True),
    ("POST", "/proposals/{proposal_id}/withdraw"): Line(
        WRITERS, 303, says(reason="Not yet."), proposal="form withdraw", form=True
    ),
    ("POST", "/proposals/{proposal_id}/force"): Line(
        ADMINS, 303, says(reason="by law"), proposal="form force", form=True
    ),
    ("GET", "/overview"): READ,
    ("GET", "/teams"): READ,
    ("GET", "/teams/{team_id}"): READ,
    ("POST", "/teams"): Line(ADMINS, 303, lambda _: {"name": unique("made")}, form=True),
    ("POST", "/teams/{team_id}/rename"): Line(
        OWNERS, 303, lambda _: {"name": unique("renamed")}, form=True
    ),
    ("POST", "/teams/{team_id}/calendar"): Line(WRITERS, 303, says(usual="1"), form=True),
    ("POST", "/teams/{team_id}/answering"): Line(WRITERS, 303, says(who="members"), form=True),
    ("POST", "/teams/{team_id}/timeline"): Line(
        WRITERS, 303, lambda _: {"timeline.deadline": "30d"}, form=True
    ),
    ("POST", "/teams/{team_id}/members"): Line(OWNERS, 303, _form_member, form=True),
    ("POST", "/teams/{team_id}/members/{user_id}/role"): Line(
        OWNERS, 303, says(role="member"), form=True
    ),
    ("POST", "/teams/{team_id}/members/{user_id}/remove"): Line(OWNERS, 303, says(), form=True),
    ("POST", "/teams/{team_id}/delete"): Line(ADMINS, 303, says(), form=True, spare=True),
    ("POST", "/teams/{team_id}/restore"): Line(ADMINS, 409, says(), form=True, spare=True),
    ("POST", "/teams/{team_id}/merge"): Line(ADMINS, 303, _form_merger, form=True, spare=True),
    # The pages: one's own, whoever one is; what is not one's own is not found
    ("GET", "/account"): READ,
    ("GET", "/account/keys"): READ,
    ("POST", "/account/keys"): Line(
        ADMINS,
        201,
        says(name="mine", scope="read", lasts="30"),
        form=True,
        in_person=True,
        again=422,
    ),
    ("POST", "/account/keys/{key_id}/revoke"): Line(OWNERS, 303, says(), form=True),
    ("POST", "/account/password"): Line(
        ADMINS,
        422,
        says(old="no", password="a good sentence", again="a good sentence"),
        form=True,
        in_person=True,
    ),
    ("POST", "/account/sessions/{session_id}/sign-out"): Line(
        WRITING, 404, says(), form=True, again=422
    ),
    ("POST", "/account/told"): Line(
        WRITING, 422, says(kind="email", pace="digest", severity="info"), form=True
    ),
    ("POST", "/account/sign-out"): Line(WRITING, 303, says(), form=True, again=422),
    ("GET", "/slack/install"): Line(ADMINS, 404),
    ("GET", "/slack/oauth"): Line(ADMINS, 404),
    # The pages: administration
    ("GET", "/administration"): Line(EVERYBODY, 303),
    ("GET", "/administration/keys"): READ,
    ("POST", "/administration/keys"): Line(OWNERS, 201, _form_key, form=True),
    ("POST", "/administration/keys/{key_id}/rotate"): Line(
        OWNERS, 409, says(overlap="1d"), form=True
    ),
    ("POST", "/administration/keys/{key_id}/revoke"): Line(OWNERS, 303, says(), form=True),
    ("GET", "/administration/users"): READ,
    ("POST", "/administration/users"): Line(ADMINS, 303, _form_bot, form=True),
    ("GET", "/administration/users/{user_id}"): READ,
    ("POST", "/administration/users/{user_id}"): Line(ADMINS, 303, says(name="walked"), form=True),
    ("POST", "/administration/users/{user_id}/deactivate"): Line(ADMINS, 303, says(), form=True),
    ("POST", "/administration/users/{user_id}/reactivate"): Line(ADMINS, 303, says(), form=True),
    ("POST", "/administration/users/{user_id}/password-link"): Line(ADMINS, 201, says(), form=True),
    ("POST", "/administration/users/{user_id}/sign-out"): Line(ADMINS, 303, says(), form=True),
    ("POST", "/administration/users/{user_id}/sessions/{session_id}/end"): Line(
        ADMINS, 303, says(), form=True
    ),
    ("GET", "/administration/destinations"): READ,
    ("POST", "/administration/destinations"): Line(WRITERS, 201, _form_hook, form=True),
    ("GET", "/administration/destinations/{destination_id}"): Line(INSIDERS),
    ("GET", "/administration/deliveries/{delivery_id}"): Line(INSIDERS),
    ("POST", "/administration/deliveries/{delivery_id}/replay"): Line(
        WRITERS, 303, says(), form=True
    ),
    ("POST", "/administration/destinations/{destination_id}/ping"): Line(
        WRITERS, 303, says(), form=True
    ),
    ("POST", "/administration/destinations/{destination_id}/rotate-secret"): Line(
        WRITERS, 201, says(overlap="none"), form=True
    ),
    ("POST", "/administration/destinations/{destination_id}/replay"): Line(
        WRITERS, 303, says(since="2026-01-01"), form=True
    ),
    ("POST", "/administration/destinations/{destination_id}/change"): Line(
        WRITERS, 303, says(address=HOOK, severity="info"), form=True
    ),
    ("POST", "/administration/destinations/{destination_id}/remove"): Line(
        WRITERS, 303, says(), form=True, again=404
    ),
    ("GET", "/administration/slack"): Line(ADMINS),
    ("POST", "/administration/slack/remove"): Line(ADMINS, 303, says(), form=True),
    ("GET", "/administration/log"): READ,
    ("GET", "/administration/log/export"): Line(EVERYBODY, query={"type": "destination.pinged"}),
    ("POST", "/administration/log/verify"): Line(ADMINS, 404, says(), form=True),
    # Open to everybody: they show and change nothing of the record
    ("GET", "/sign-in"): SHOWN,
    ("POST", "/sign-in"): Line(OPEN, 401, says(key="wrong"), form=True),
    ("POST", "/sign-out"): Line(OPEN, 303, says(), form=True),
    ("GET", "/setup"): Line(OPEN, 303),
    ("POST", "/setup"): Line(OPEN, 303, says(), form=True),
    ("GET", "/answer"): Line(OPEN, 410),
    ("POST", "/answer"): Line(OPEN, 410, says(link="none"), form=True),
    ("GET", "/set-password"): Line(OPEN, 410),
    ("POST", "/set-password"): Line(OPEN, 410, says(link="none"), form=True),
    ("GET", "/sign-in/provider"): Line(OPEN, 404),
    ("GET", "/sign-in/provider/back"): Line(OPEN, 404),
    ("GET", "/sign-out/provider"): Line(OPEN, 404),
    # Slack's own requests are let in by its signature alone; here is no Slack
    ("POST", "/slack/interactions"): Line(OPEN, 404, says(payload="{}"), form=True),
    ("POST", "/slack/commands"): Line(OPEN, 404, says(text="my"), form=True),
    ("GET", "/static/{name}"): SHOWN,
    ("GET", "/docs"): SHOWN,
    ("GET", "/docs/start.js"): SHOWN,
    ("GET", "/docs/swagger-ui.css"): SHOWN,
    ("GET", "/docs/swagger-ui-bundle.js"): SHOWN,
    ("GET", "/openapi.json"): SHOWN,
    ("GET", "/health/live"): SHOWN,
    ("GET", "/health/ready"): SHOWN,
}
ALSO: Sequence[tuple[str, str, Line]] = (
    ("PATCH", f"{A}/assets/{{asset_id}}/policy", Line(WRITERS, body=says(mode="full"))),
    ("PATCH", f"{A}/teams/{{team_id}}/policy", Line(WRITERS, body=says(observe=False))),
)
"""Where it depends on what is sent: after the looser policies above, stricter ones."""
ENDLESS = frozenset({f"{A}/events/stream", "/live"})


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for route in every_route(app)
        for method in set(route.methods or ()) - {"HEAD"}
        if route.path
    }


@pytest.fixture
async def world(administrator: httpx.AsyncClient, database: Database) -> World:
    api, credentials = Api(administrator, database), Credentials(administrator, database)
    producer, consumer = await api.team("producer"), await api.team("consumer")

    async def proposed() -> JsonObject:
        asset = await api.asset(producer)
        await api.publish(asset, table("id", "email"))
        await api.register(asset, consumer, ["email"])
        response = await api.publish(asset, table("id"))
        proposal: JsonObject = response.json()["proposal"]
        return proposal

    async def registered() -> JsonObject:
        return await api.register(await api.asset(producer), consumer)

    hook = await administrator.put(
        f"{A}/teams/{producer['id']}/destinations/walked", json={"address": HOOK}
    )
    ping = await administrator.post(f"{A}/destinations/{hook.json()['id']}/ping")
    asset = await api.asset(producer)
    published = await api.publish(asset, table("id", "email"))
    kinds = (
        *("read", "withdraw", "force", "revise", "reassign", "cancel"),
        *(
            "form",
            "form withdraw",
            "form force",
            "form cancel",
            "form reassign",
            "member",
            "released",
        ),
    )
    proposals = {kind: await proposed() for kind in kinds}
    member = [proposals["member"]["id"]]
    release = await api.made(f"{A}/releases", {"name": "walked", "proposal_ids": member})
    return World(
        api=api,
        credentials=credentials,
        producer=producer,
        consumer=consumer,
        asset=asset,
        contract=published.json()["contract"],
        registration=await api.register(asset, consumer),
        proposals=proposals,
        release=release,
        user=(user := await credentials.user("walked")),
        session=await session_of(credentials, user),
        key=await credentials.team_key(producer),
        destination=hook.json(),
        delivery=ping.json(),
        spare_team=await api.team("spare"),
        spare_asset=await api.asset(producer),
        upstream=await api.asset(consumer),
        by_team={
            "producer": await keys_of(credentials, producer, consumer),
            "consumer": await keys_of(credentials, consumer, producer),
        },
        registrations={
            kind: await registered()
            for kind in (*OPEN, *(f"form {each}" for each in {*OPEN, *SESSIONS}))
        },
        people=await people_of(credentials, producer, consumer),
    )


# --- the walk -----------------------------------------------------------------------------------


def test_every_route_stands_in_the_table(locked_app: FastAPI) -> None:
    assert routes_of(locked_app) == set(ROUTES)


def test_every_kind_of_principal_is_let_in_somewhere_and_refused_somewhere() -> None:
    for kind in {*OPEN, *SESSIONS, ENDED_SESSION}:
        let_in = {line.lets_in(path) >= {kind} for (_, path), line in ROUTES.items()}
        assert let_in == ({True} if kind in ADMINS else {True, False}), kind


@pytest.mark.timeout(600)
async def test_every_principal_is_let_in_where_the_table_says_so_and_nowhere_else(
    locked_app: FastAPI, world: World, database: Database
) -> None:
    wrong: list[str] = []
    tokens: Mapping[str, str] = {}
    for method, path, line in (*((*route, line) for route, line in ROUTES.items()), *ALSO):
        assert set(world.by_team[line.team]) == OPEN
        tokens = tokens or await signed_in(world)
        visit = Visit(locked_app, world, method, path, line, tokens)
        before = await _events(database)
        wrong += await visit.refused()
        if await _events(database) != before:
            wrong.append(f"a refused {method} {path} left something in the log")
        wrong += await visit.let_in()
        if method != "GET":  # it may have ended sessions
            tokens = {}
        if line.allowed in (WRITERS, OWNERS):
            wrong += [
                f"{name} acted by {method} {path} and the log does not say for whom"
                for name, acting_for in await _actors(database, before)
                if name.startswith(("admin-", "bootstrap")) and acting_for is None
            ]
    assert wrong == []


async def signed_in(world: World) -> Mapping[str, str]:
    """Start a session for everybody who comes with one; return their tokens."""
    start = world.credentials.session
    tokens = {name: await start(user) for name, user in world.people.items()}
    return {**tokens, ENDED_SESSION: await start(world.user, ended=True)}


@dataclass(frozen=True, slots=True)
class Visit:
    """Everybody at one route; each finding is a sentence."""

    app: FastAPI
    world: World
    method: str
    path: str
    line: Line
    tokens: Mapping[str, str]
    """Of sessions."""

    async def refused(self) -> list[str]:
        """Let those come who are not let in, all at once."""
        answers = await self._each({*OPEN, *self.tokens} - self.line.lets_in(self.path))
        return [
            self._told(kind, status)
            for kind, status in answers
            if status != (401 if self._is_stranger(kind) else 403)
        ]

    async def let_in(self) -> list[str]:
        """Let one come alone, whose answer is known, then the others."""
        first, *others = sorted(self.line.lets_in(self.path))
        answers = await self._each([first])
        wrong = [self._told(*each) for each in answers if each[1] != self.line.status]
        return wrong + [
            self._told(kind, status)
            for kind, status in await self._each(others)
            if status not in (self.line.status, self.line.again)
        ]

    async def _each(self, kinds: Iterable[str]) -> list[tuple[str, int]]:
        return list(await asyncio.gather(*(self._status(kind) for kind in sorted(kinds))))

    async def _status(self, kind: str) -> tuple[str, int]:
        """What somebody is answered with; 200 for a stream that has begun."""
        line, body = self.line, self.line.body and self.line.body(self.world)
        sent: dict[str, Any] = {}
        if body is not None:
            sent["data" if line.form else "json"] = body
        async with client_of(self.app, self.world.by_team[line.team].get(kind)) as client:
            if kind in self.tokens:
                client.cookies.set(SESSION, self.tokens[kind], domain="tessera.test")
            address = self.world.filled(self.path, line, kind)
            query = {n: self.world.filled(v, line, kind) for n, v in line.query.items()}
            request = client.request(self.method, address, params=query or None, **sent)
            if self.path not in ENDLESS:
                return kind, (await request).status_code
            begins_within = 1 if kind in line.lets_in(self.path) else 60  # a refusal must come
            try:
                return kind, (await asyncio.wait_for(request, begins_within)).status_code
            except TimeoutError:
                return kind, 200

    def _is_stranger(self, kind: str) -> bool:
        """Whether nothing that this one sends counts here: the API takes no cookie."""
        in_api = self.path.startswith("/api/")
        return kind in STRANGERS or kind == ENDED_SESSION or (in_api and kind in self.tokens)

    def _told(self, kind: str, status: int) -> str:
        return f"{kind} is answered {status} by {self.method} {self.path}"


async def _actors(database: Database, after: int) -> list[tuple[str, str | None]]:
    """Who did what stands in the log after so many events, and for which team."""
    actor = EventRow.caller["actor"]

    async def work(tx: Transaction) -> list[tuple[str, str | None]]:
        statement = (
            select(actor["name"].astext, actor["acting_for"].astext)
            .order_by(EventRow.sequence)
            .offset(after)
        )
        return [tuple(row) for row in await tx.sql.execute(statement)]

    return await database.read(work)


async def _events(database: Database) -> int:
    async def work(tx: Transaction) -> int:
        return await tx.sql.one_value(select(func.count()).select_from(EventRow))

    return await database.read(work)
