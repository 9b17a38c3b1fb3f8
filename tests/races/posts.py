"""Every POST of the API: how it is made anew, what it leaves in the log, and where it is seen.

A POST that is added needs a line here: its races and the reading of its own write come with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain.actors import SERVER
from domain.events import EventType
from domain.json_types import JsonObject
from domain.sessions import SessionLimits, SignInMethod, Visitor
from record import lookup, sessions
from record.sessions import Beginning
from store.transaction import Transaction
from tests.races.arena import Arena
from tests.races.grounds import MILDER, Ground, worded
from tests.support.facts import table
from tests.support.failing import carried, refused
from tests.support.window_keeper import Keeper, replaced

Seen = tuple[str, Callable[[JsonObject], bool]]
"""What to read, and whether it shows what was done."""


@dataclass(frozen=True, slots=True)
class Post:
    """One request that has not been made yet."""

    path: str
    body: JsonObject
    seen: Callable[[JsonObject], list[Seen]]
    """By its answer, where it is seen."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is asked by a route; `make` makes all that the request needs."""

    name: str
    route: str
    event: EventType
    make: Callable[[Arena], Awaitable[Post]]
    shown_once: str | None = None
    """The member of the answer that is null whenever the request is repeated."""


def shows_the_same(folder: str) -> Callable[[JsonObject], list[Seen]]:
    return lambda made: [(f"{folder}/{made['id']}", lambda shown: shown == made)]


async def a_team(_arena: Arena) -> Post:
    return Post("/teams", {"name": f"team-{uuid4().hex}"}, shows_the_same("/teams"))


async def an_asset(arena: Arena) -> Post:
    owner = str(arena.grounds.owner.id)
    body = {"fqn": f"race.{uuid4().hex}", "owner_team_id": owner}
    return Post("/assets", body, shows_the_same("/assets"))


async def a_registration(arena: Arena) -> Post:
    asset = await arena.grounds.asset("id", "email")
    body = {"asset_id": str(asset.id), "consumer_team_id": str(arena.readers[0].id)}
    return Post("/registrations", body, shows_the_same("/registrations"))


async def a_user(_arena: Arena) -> Post:
    return Post("/users", {"name": f"bot-{uuid4().hex}", "kind": "bot"}, shows_the_same("/users"))


async def a_deactivation(arena: Arena) -> Post:
    user = await _made(arena, await a_user(arena))
    path = f"/users/{user['id']}"
    return Post(f"{path}/deactivate", {}, lambda _made: [(path, lambda shown: not shown["active"])])


async def a_reactivation(arena: Arena) -> Post:
    off = await a_deactivation(arena)
    await _made(arena, off)
    path = off.path.removesuffix("/deactivate")
    return Post(f"{path}/reactivate", {}, lambda _made: [(path, lambda shown: shown["active"])])


async def a_restored_team(arena: Arena) -> Post:
    team = await _made(arena, await a_team(arena))
    await _gone(arena, f"/teams/{team['id']}")
    return Post(f"/teams/{team['id']}/restore", {}, shows_the_same("/teams"))


async def a_merger(arena: Arena) -> Post:
    team = await _made(arena, await a_team(arena))
    path = f"/teams/{team['id']}"
    shown = f"{path}?deleted=include"
    body = {"into": str(arena.readers[0].id)}
    return Post(f"{path}/merge", body, lambda made: [(shown, lambda found: found == made)])


async def a_restored_asset(arena: Arena) -> Post:
    asset = await _made(arena, await an_asset(arena))
    await _gone(arena, f"/assets/{asset['id']}")
    return Post(f"/assets/{asset['id']}/restore", {}, shows_the_same("/assets"))


async def a_bulk_assignment(arena: Arena) -> Post:
    asset = await _made(arena, await an_asset(arena))
    team = await _made(arena, await a_team(arena))
    body = {"asset_ids": [asset["id"]], "owner_team_id": team["id"]}
    return _many("assign", asset, body, lambda shown: shown["owner"]["id"] == team["id"])


async def bulk_tags(arena: Arena) -> Post:
    asset = await _made(arena, await an_asset(arena))
    body = {"asset_ids": [asset["id"]], "add": ["pii"]}
    return _many("tags", asset, body, lambda shown: shown["tags"] == ["pii"])


async def a_bulk_deletion(arena: Arena) -> Post:
    asset = await _made(arena, await an_asset(arena))
    body = {"asset_ids": [asset["id"]]}
    return _many("delete", asset, body, lambda shown: shown["deleted_at"] is not None)


def _many(
    what: str, asset: JsonObject, body: JsonObject, holds: Callable[[JsonObject], bool]
) -> Post:
    path = f"/assets/{asset['id']}?deleted=include"
    return Post(f"/assets/bulk/{what}", body, lambda _made: [(path, holds)])


async def _gone(arena: Arena, path: str) -> None:
    response = await arena.send("DELETE", path)
    assert response.status_code == 204, response.text


async def a_person(arena: Arena) -> JsonObject:
    name = f"person-{uuid4().hex}"
    return await _made(
        arena, Post("/users", {"name": name, "email": f"{name}@example.com"}, lambda _made: [])
    )


async def a_password_link(arena: Arena) -> Post:
    user = await a_person(arena)
    said = f"/events?type={EventType.PASSWORD_LINK_CREATED.value}&limit=200"

    def is_told(shown: JsonObject) -> bool:
        return user["id"] in [event["payload"]["user_id"] for event in shown["items"]]

    return Post(f"/users/{user['id']}/password-link", {}, lambda _made: [(said, is_told)])


async def a_signing_out(arena: Arena) -> Post:
    user, _ = await _signed_in(arena)
    path = f"/users/{user['id']}"
    return Post(f"{path}/sign-out", {}, lambda _made: [(f"{path}/sessions", _is_ended)])


async def an_end_of_a_session(arena: Arena) -> Post:
    user, session = await _signed_in(arena)
    path = f"/users/{user['id']}/sessions"
    return Post(f"{path}/{session}/revoke", {}, lambda _made: [(path, _is_ended)])


async def _signed_in(arena: Arena) -> tuple[JsonObject, str]:
    """A person and their session, which is started in this process."""
    user = await a_person(arena)
    beginning = Beginning(
        method=SignInMethod.PASSWORD,
        visitor=Visitor(address="127.0.0.1", agent="a test"),
        limits=SessionLimits(),
    )

    async def work(tx: Transaction) -> str:
        found = await lookup.user(tx, UUID(user["id"]))
        started = await sessions.started(tx, SERVER, beginning, user=found)
        return str(started.session.id)

    return user, await arena.facts.database.run(work)


def _is_ended(shown: JsonObject) -> bool:
    return [each["status"] for each in shown["items"]] == ["revoked"]


async def a_key(arena: Arena) -> Post:
    body = {"name": "ci", "team_id": str(arena.grounds.owner.id)}
    return Post("/api-keys", body, _shows_the_key)


async def a_rotation(arena: Arena) -> Post:
    key = await _made(arena, await a_key(arena))
    return Post(f"/api-keys/{key['id']}/rotate", {}, _shows_the_key)


async def a_revocation(arena: Arena) -> Post:
    key = await _made(arena, await a_key(arena))
    path = f"/api-keys/{key['id']}"
    return Post(
        f"{path}/revoke", {}, lambda _made: [(path, lambda shown: shown["status"] == "revoked")]
    )


def _shows_the_key(made: JsonObject) -> list[Seen]:
    seen = {name: value for name, value in made.items() if name != "key"}
    return [(f"/api-keys/{made['id']}", lambda shown: shown == seen)]


async def a_destination(arena: Arena) -> JsonObject:
    team = await _made(arena, await a_team(arena))
    path = f"/teams/{team['id']}/destinations/webhook"
    response = await arena.send("PUT", path, {"address": "https://hooks.example.com/race"})
    assert response.is_success, response.text
    made: JsonObject = response.json()
    return made


async def a_ping(arena: Arena) -> Post:
    hook = await a_destination(arena)
    return Post(f"/destinations/{hook['id']}/ping", {}, _shows_the_delivery)


async def another_secret(arena: Arena) -> Post:
    hook = await a_destination(arena)

    def seen(made: JsonObject) -> list[Seen]:
        return [(f"/destinations/{hook['id']}", lambda shown: shown == {**made, "secret": None})]

    return Post(f"/destinations/{hook['id']}/rotate-secret", {}, seen)


async def a_lost_delivery(arena: Arena) -> JsonObject:
    delivery = await _made(arena, await a_ping(arena))
    await carried(arena.facts.database, UUID(delivery["id"]), refused())
    return delivery


async def a_replay(arena: Arena) -> Post:
    lost = await a_lost_delivery(arena)
    return Post(f"/deliveries/{lost['id']}/replay", {}, _shows_the_delivery)


async def a_replay_of_all(arena: Arena) -> Post:
    lost = await a_lost_delivery(arena)
    hook = lost["destination"]["id"]
    sent = f"/deliveries?destination_id={hook}&status=pending"
    return Post(
        f"/destinations/{hook}/replay",
        {"since": lost["created_at"]},
        lambda _made: [(sent, lambda shown: len(shown["items"]) == 1)],
    )


def _shows_the_delivery(made: JsonObject) -> list[Seen]:
    return [(f"/deliveries/{made['id']}", lambda shown: shown == {**made, "made": []})]


async def _made(arena: Arena, post: Post) -> JsonObject:
    response = await arena.post(post.path, post.body)
    assert response.is_success, response.text
    made: JsonObject = response.json()
    return made


async def a_first_contract(arena: Arena) -> Post:
    return _contract(str((await arena.grounds.asset()).id), table("id"))


async def a_compatible_contract(arena: Arena) -> Post:
    asset = await arena.grounds.asset("id", "email")
    return _contract(str(asset.id), worded("clearer", "email"))


def _contract(asset_id: str, schema: JsonObject) -> Post:
    path = f"/assets/{asset_id}/contracts"

    def seen(made: JsonObject) -> list[Seen]:
        return [(path, lambda shown: shown["items"][0]["id"] == made["contract"]["id"])]

    return Post(path, {"schema": schema}, seen)


async def a_breaking_contract(arena: Arena) -> Post:
    asset = await arena.grounds.asset("id", "email")
    opened = f"/events?asset_id={asset.id}&type={EventType.PROPOSAL_OPENED.value}"

    def seen(made: JsonObject) -> list[Seen]:
        return [
            (f"/proposals/{made['proposal']['id']}", lambda shown: shown["status"] == "pending"),
            (opened, lambda shown: len(shown["items"]) == 1),
        ]

    return Post(f"/assets/{asset.id}/contracts", {"schema": table("id")}, seen)


async def many_contracts(arena: Arena) -> Post:
    asset = await arena.grounds.asset("id")
    wider = {"asset_id": str(asset.id), "schema": table("id", "more")}
    body = {"contracts": [wider, {"fqn": uuid4().hex, "schema": table("id")}]}

    def seen(made: JsonObject) -> list[Seen]:
        (path,) = {f"/contracts/{each['contract_id']}" for each in made["items"][:1]}
        return [(path, lambda shown: shown["version"] == made["items"][0]["version"])]

    return Post("/contracts/bulk/publish", body, seen)


async def a_release(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    body = {"name": "together", "proposal_ids": [str(ground.proposal.id)]}
    return Post("/releases", body, shows_the_same("/releases"))


async def a_joining(arena: Arena) -> Post:
    release = await _made(arena, await a_release(arena))
    ground = await arena.grounds.proposed(1)
    body = {"proposal_ids": [str(ground.proposal.id)]}
    return _of_release(release, "proposals", body, lambda shown: len(shown["proposals"]) == 2)


async def a_cancelled_release(arena: Arena) -> Post:
    release = await _made(arena, await a_release(arena))
    return _of_release(release, "cancel", {}, lambda shown: shown["status"] == "cancelled")


async def a_forced_release(arena: Arena) -> Post:
    release = await _made(arena, await a_release(arena))
    path = f"/proposals/{release['proposals'][0]['proposal_id']}"
    seen: Seen = (path, lambda shown: shown["forced"] is not None)
    return Post(f"/releases/{release['id']}/force", {"reason": "Agreed."}, lambda _made: [seen])


def _of_release(
    release: JsonObject, what: str, body: JsonObject, holds: Callable[[JsonObject], bool]
) -> Post:
    path = f"/releases/{release['id']}"
    return Post(f"{path}/{what}", body, lambda _made: [(path, holds)])


async def an_answer(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    body = {"consumer_team_id": str(ground.readers[0].id), "response": "blocked"}
    return _word(ground, "acknowledge", lambda p: p["parties"][0]["state"] == "blocked", **body)


async def a_handed_answer(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    team, user = str(ground.readers[0].id), await a_person(arena)
    put = await arena.send("PUT", f"/teams/{team}/members/{user['id']}", {"role": "member"})
    assert put.is_success, put.text
    body = {"consumer_team_id": team, "user_id": user["id"]}

    def is_handed(proposal: JsonObject) -> bool:
        return bool(proposal["parties"][0]["delegate"]["id"] == user["id"])

    return _word(ground, "delegate", is_handed, **body)


async def a_withdrawal(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    return _word(ground, "withdraw", lambda p: p["withdrawn"] is not None, reason="Not yet.")


async def a_force(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    return _word(ground, "force", lambda p: p["forced"] is not None, reason="Agreed.")


async def another_ask(arena: Arena) -> Post:
    ground = await arena.grounds.asked()
    return _word(
        ground,
        "ask-again",
        lambda p: p["parties"][0]["reminders"] == 1,
        team_id=str(ground.readers[0].id),
    )


async def an_extension(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    return _word(ground, "extend", lambda p: p["extended_by"] == "P2D", by="P2D")


async def a_reassignment(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    other = await arena.facts.team("other")
    return _word(
        ground,
        "reassign",
        lambda p: [party["team"]["id"] for party in p["parties"]] == [str(other.id)],
        team_id=str(ground.readers[0].id),
        to_team_id=str(other.id),
        reason="It moved.",
    )


async def a_cancellation(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    return _word(ground, "cancel", lambda p: p["cancelled"] is not None, reason="By mistake.")


async def a_revision(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    return _word(ground, "revise", lambda p: p["revision"] == 2, schema=MILDER)


async def a_comment(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    body = {"team_id": str(ground.readers[0].id), "text": "When does it go?"}
    path = f"{ground.path}/comments"
    return Post(path, body, lambda made: [(path, lambda shown: shown["items"] == [made])])


async def an_objection(arena: Arena) -> Post:
    ground = await arena.grounds.proposed(1)
    made = await _made(arena, await an_asset(arena))
    team = await _made(arena, await a_team(arena))
    await _changed(arena, "PATCH", f"/assets/{made['id']}", {"owner_team_id": team["id"]})
    await _changed(arena, "PUT", f"/assets/{made['id']}/dependencies/{ground.asset.id}", None)
    path = f"{ground.path}/objections"
    body = {"team_id": team["id"], "reason": "Our report is made of it."}
    return Post(path, body, lambda said: [(path, lambda shown: shown["items"] == [said])])


async def _changed(arena: Arena, method: str, path: str, body: object) -> None:
    response = await arena.send(method, path, body)
    assert response.is_success, response.text


async def a_wish_to_publish(arena: Arena) -> Post:
    ground = await arena.grounds.on_demand()
    return _word(ground, "publish", lambda p: p["publish_requested"] is not None)


async def a_confirmation(arena: Arena) -> Post:
    ground = await arena.grounds.unconfirmed()
    return _word(ground, "confirm", lambda p: not p["confirmation_needed"])


async def an_end(arena: Arena) -> Post:
    old = await replaced(arena.facts, window="0")
    body = {"sunset_at": _AHEAD}
    return _of_end(old, "", body, lambda shown: shown["status"] == "open")


async def a_move(arena: Arena) -> Post:
    old = await replaced(arena.facts, "reader")
    body = {"consumer_team_id": str(old.readers[0].id)}
    return _of_end(old, "/moved", body, lambda shown: shown["movers"][0]["moved"])


async def a_later_end(arena: Arena) -> Post:
    old = await replaced(arena.facts, "reader")
    until = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    body = {"consumer_team_id": str(old.readers[0].id), "until": until}
    return _of_end(old, "/extend", body, lambda shown: shown["movers"][0]["extended_until"])


async def a_cancelled_end(arena: Arena) -> Post:
    old = await replaced(arena.facts)
    return _of_end(old, "/cancel", {}, lambda shown: shown["status"] == "cancelled")


_AHEAD = (datetime.now(UTC) + timedelta(days=90)).isoformat()


def _of_end(old: Keeper, word: str, body: JsonObject, holds: Callable[[JsonObject], bool]) -> Post:
    path = f"/contracts/{old.contract_id}/retirement"
    return Post(f"{path}{word}", body, lambda _made: [(path, holds)])


def _word(ground: Ground, word: str, holds: Callable[[JsonObject], bool], **body: object) -> Post:
    return Post(f"{ground.path}/{word}", body, lambda _made: [(ground.path, holds)])


_CONTRACTS = "/api/v1/assets/{asset_id}/contracts"
_USER = "/api/v1/users/{user_id}"
_SESSION = f"{_USER}/sessions/{{session_id}}/revoke"
_TEAM = "/api/v1/teams/{team_id}"
_BULK = "/api/v1/assets/bulk"
_RELEASE = "/api/v1/releases/{release_id}"
_KEY = "/api/v1/api-keys/{key_id}"
_HOOK = "/api/v1/destinations/{destination_id}"
_PROPOSAL = "/api/v1/proposals/{proposal_id}"
_END = "/api/v1/contracts/{contract_id}/retirement"
KINDS = (
    Kind("team", "/api/v1/teams", EventType.TEAM_CREATED, a_team),
    Kind("restored team", f"{_TEAM}/restore", EventType.TEAM_RESTORED, a_restored_team),
    Kind("merger", f"{_TEAM}/merge", EventType.TEAM_MERGED, a_merger),
    Kind(
        "restored asset",
        "/api/v1/assets/{asset_id}/restore",
        EventType.ASSET_RESTORED,
        a_restored_asset,
    ),
    Kind("bulk assignment", f"{_BULK}/assign", EventType.ASSET_REASSIGNED, a_bulk_assignment),
    Kind("bulk tags", f"{_BULK}/tags", EventType.ASSET_CHANGED, bulk_tags),
    Kind("bulk deletion", f"{_BULK}/delete", EventType.ASSET_DELETED, a_bulk_deletion),
    Kind("user", "/api/v1/users", EventType.USER_CREATED, a_user),
    Kind("deactivation", f"{_USER}/deactivate", EventType.USER_DEACTIVATED, a_deactivation),
    Kind("reactivation", f"{_USER}/reactivate", EventType.USER_REACTIVATED, a_reactivation),
    Kind(
        "link", f"{_USER}/password-link", EventType.PASSWORD_LINK_CREATED, a_password_link, "link"
    ),
    Kind("signing out", f"{_USER}/sign-out", EventType.SESSIONS_ENDED, a_signing_out),
    Kind("end of a session", _SESSION, EventType.SESSIONS_ENDED, an_end_of_a_session),
    Kind("key", "/api/v1/api-keys", EventType.API_KEY_CREATED, a_key, "key"),
    Kind("rotation", f"{_KEY}/rotate", EventType.API_KEY_ROTATED, a_rotation, "key"),
    Kind("revocation", f"{_KEY}/revoke", EventType.API_KEY_REVOKED, a_revocation),
    Kind("ping", f"{_HOOK}/ping", EventType.DESTINATION_PINGED, a_ping),
    Kind(
        "another secret",
        f"{_HOOK}/rotate-secret",
        EventType.DESTINATION_SECRET_ROTATED,
        another_secret,
        "secret",
    ),
    Kind(
        "replay",
        "/api/v1/deliveries/{delivery_id}/replay",
        EventType.DELIVERIES_REPLAYED,
        a_replay,
    ),
    Kind("replay of all", f"{_HOOK}/replay", EventType.DELIVERIES_REPLAYED, a_replay_of_all),
    Kind("asset", "/api/v1/assets", EventType.ASSET_CREATED, an_asset),
    Kind("first contract", _CONTRACTS, EventType.CONTRACT_PUBLISHED, a_first_contract),
    Kind("compatible contract", _CONTRACTS, EventType.CONTRACT_PUBLISHED, a_compatible_contract),
    Kind("breaking contract", _CONTRACTS, EventType.PROPOSAL_OPENED, a_breaking_contract),
    Kind(
        "many contracts",
        "/api/v1/contracts/bulk/publish",
        EventType.CONTRACT_PUBLISHED,
        many_contracts,
    ),
    Kind("release", "/api/v1/releases", EventType.RELEASE_OPENED, a_release),
    Kind("joining", f"{_RELEASE}/proposals", EventType.RELEASE_CHANGED, a_joining),
    Kind(
        "cancelled release", f"{_RELEASE}/cancel", EventType.RELEASE_CANCELLED, a_cancelled_release
    ),
    Kind("forced release", f"{_RELEASE}/force", EventType.FORCE_RECORDED, a_forced_release),
    Kind("registration", "/api/v1/registrations", EventType.REGISTRATION_CREATED, a_registration),
    Kind("end of a version", _END, EventType.RETIREMENT_SET, an_end),
    Kind("move", f"{_END}/moved", EventType.MOVED, a_move),
    Kind("later end", f"{_END}/extend", EventType.RETIREMENT_EXTENDED, a_later_end),
    Kind("cancelled end", f"{_END}/cancel", EventType.RETIREMENT_CANCELLED, a_cancelled_end),
    Kind("answer", f"{_PROPOSAL}/acknowledge", EventType.ACKNOWLEDGED, an_answer),
    Kind("handed answer", f"{_PROPOSAL}/delegate", EventType.DELEGATED, a_handed_answer),
    Kind("withdrawal", f"{_PROPOSAL}/withdraw", EventType.WITHDRAWAL_RECORDED, a_withdrawal),
    Kind("revision", f"{_PROPOSAL}/revise", EventType.REVISION_RECORDED, a_revision),
    Kind("comment", f"{_PROPOSAL}/comments", EventType.COMMENTED, a_comment),
    Kind("objection", f"{_PROPOSAL}/objections", EventType.OBJECTED, an_objection),
    Kind("force", f"{_PROPOSAL}/force", EventType.FORCE_RECORDED, a_force),
    Kind("another ask", f"{_PROPOSAL}/ask-again", EventType.PROPOSAL_REMINDED, another_ask),
    Kind("extension", f"{_PROPOSAL}/extend", EventType.EXTENDED, an_extension),
    Kind(
        "reassignment", f"{_PROPOSAL}/reassign", EventType.REGISTRATION_REASSIGNED, a_reassignment
    ),
    Kind("cancellation", f"{_PROPOSAL}/cancel", EventType.CANCELLATION_RECORDED, a_cancellation),
    Kind(
        "wish to publish",
        f"{_PROPOSAL}/publish",
        EventType.PUBLICATION_REQUESTED,
        a_wish_to_publish,
    ),
    Kind("confirmation", f"{_PROPOSAL}/confirm", EventType.CONFIRMED, a_confirmation),
)

FORMS = {
    "/proposals/{proposal_id}/answer": f"{_PROPOSAL}/acknowledge",
    "/proposals/{proposal_id}/comment": f"{_PROPOSAL}/comments",
    "/proposals/{proposal_id}/object": f"{_PROPOSAL}/objections",
    "/proposals/{proposal_id}/delegate": f"{_PROPOSAL}/delegate",
    "/proposals/{proposal_id}/withdraw": f"{_PROPOSAL}/withdraw",
    "/proposals/{proposal_id}/force": f"{_PROPOSAL}/force",
    "/proposals/{proposal_id}/publish": f"{_PROPOSAL}/publish",
    "/proposals/{proposal_id}/confirm": f"{_PROPOSAL}/confirm",
    "/assets/{asset_id}/register": "/api/v1/registrations",
    "/assets/{asset_id}/restore": "/api/v1/assets/{asset_id}/restore",
    "/teams": "/api/v1/teams",
    "/teams/{team_id}/restore": f"{_TEAM}/restore",
    "/teams/{team_id}/merge": f"{_TEAM}/merge",
    "/propose": _CONTRACTS,
    "/proposals/{proposal_id}/revise": f"{_PROPOSAL}/revise",
    "/proposals/{proposal_id}/ask-again": f"{_PROPOSAL}/ask-again",
    "/proposals/{proposal_id}/extend": f"{_PROPOSAL}/extend",
    "/proposals/{proposal_id}/reassign": f"{_PROPOSAL}/reassign",
    "/proposals/{proposal_id}/cancel": f"{_PROPOSAL}/cancel",
    "/inbox/{proposal_id}/answer": f"{_PROPOSAL}/acknowledge",
    "/inbox/retirements/{contract_id}/moved": f"{_END}/moved",
    "/inbox/retirements/{contract_id}/extend": f"{_END}/extend",
    "/account/keys": "/api/v1/api-keys",
    "/account/keys/{key_id}/revoke": f"{_KEY}/revoke",
    "/account/sign-out": f"{_USER}/sign-out",
    "/account/sessions/{session_id}/sign-out": _SESSION,
    "/administration/keys": "/api/v1/api-keys",
    "/administration/keys/{key_id}/rotate": f"{_KEY}/rotate",
    "/administration/keys/{key_id}/revoke": f"{_KEY}/revoke",
    "/administration/users": "/api/v1/users",
    "/administration/users/{user_id}/deactivate": f"{_USER}/deactivate",
    "/administration/users/{user_id}/reactivate": f"{_USER}/reactivate",
    "/administration/users/{user_id}/password-link": f"{_USER}/password-link",
    "/administration/users/{user_id}/sign-out": f"{_USER}/sign-out",
    "/administration/users/{user_id}/sessions/{session_id}/end": _SESSION,
    "/administration/destinations/{destination_id}/ping": f"{_HOOK}/ping",
    "/administration/destinations/{destination_id}/rotate-secret": f"{_HOOK}/rotate-secret",
    "/administration/destinations/{destination_id}/replay": f"{_HOOK}/replay",
    "/administration/deliveries/{delivery_id}/replay": "/api/v1/deliveries/{delivery_id}/replay",
}
"""The page's forms, which call the same function of `record/` as their sibling in the API."""
OF_BROWSERS = frozenset(
    {
        *("/sign-in", "/sign-out", "/set-password", "/account/password", "/account/told"),
        *("/answer", "/setup", "/setup/demo", "/setup/demo/remove"),
        *("/assets/{asset_id}/dependencies/add", "/assets/{asset_id}/dependencies/remove"),
        *("/assets/{asset_id}/describe", "/assets/{asset_id}/delete"),
        *("/assets/{asset_id}/stewards", "/assets/{asset_id}/stewards/{user_id}/remove"),
        *("/assets/{asset_id}/give", "/assets/{asset_id}/judging", "/assets/{asset_id}/timeline"),
        "/assets/{asset_id}/registrations/{registration_id}/remove",
        *("/teams/{team_id}/rename", "/teams/{team_id}/calendar", "/teams/{team_id}/answering"),
        "/teams/{team_id}/timeline",
        *("/teams/{team_id}/members", "/teams/{team_id}/members/{user_id}/role"),
        *("/teams/{team_id}/members/{user_id}/remove", "/teams/{team_id}/delete"),
        *("/administration/users/{user_id}", "/administration/destinations"),
        "/administration/destinations/{destination_id}/change",
        "/administration/destinations/{destination_id}/remove",
        "/administration/slack/remove",
    }
)
"""What only a browser sends, which has no sibling among the API's POSTs: see `test_sessions`,
`test_told`, `test_setup`, `test_users`, `test_destinations`, `test_slack`."""
OF_SLACK = frozenset({"/slack/interactions", "/slack/commands"})
"""What Slack sends for somebody: see `test_slack`."""
NO_FACT = frozenset(
    {
        *("/api/v1/compare", "/administration/log/verify", "/propose/preview"),
        "/proposals/{proposal_id}/revise/preview",
    }
)
"""What changes nothing in the record."""
