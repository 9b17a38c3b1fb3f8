"""Signing in by an identity provider, an honest one and all kinds of others."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.provider import Provider, ProviderOptions
from api.provider_calls import ProviderCalls
from domain.json_types import JsonObject
from domain.provider_groups import GroupRules
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.transaction import Transaction
from store.users import UserRow
from tests.support.api_client import LOCKED, Api, app_over, client_at, client_of, unique
from tests.support.credentials import Credentials
from tests.support.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    identity_provider,
    signed_with_public_key,
    unsigned,
)

SESSION = "tessera_session"


@pytest.fixture
async def idp() -> AsyncIterator[IdentityProvider]:
    async with identity_provider() as provider:
        name = unique("grace")
        provider.person = {
            "sub": unique("subject"),
            "name": "Grace",
            "email": f"{name}@example.com",
            "email_verified": True,
            "groups": [],
        }
        yield provider


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


@pytest.fixture
async def teams(credentials: Credentials) -> list[JsonObject]:
    api = Api(credentials.admin, credentials.database)
    return [await api.team(name) for name in ("orders", "checkout")]


@pytest.fixture
def make_app(database: Database, comparer: Comparer, feed: Feed, idp: IdentityProvider) -> Any:
    def make(*, total_seconds: float = 10, **more: Any) -> FastAPI:
        options = ProviderOptions(
            issuer=idp.address, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Example"
        )
        calls = ProviderCalls(total_seconds=total_seconds, largest=64 * 1024)
        provider = Provider(replace(options, **more), calls)
        return app_over(database, comparer, feed, authenticator=LOCKED, provider=provider)

    return make


@pytest.fixture
async def browser(make_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app()) as browser:
        yield browser


async def set_out(browser: httpx.AsyncClient, goal: str = "/") -> httpx.URL:
    """Press the button; the address at the provider."""
    answer = await browser.get("/sign-in/provider", params={"next": goal})
    assert answer.status_code == 303, answer.text
    return httpx.URL(answer.headers["location"])


async def at_provider(url: httpx.URL) -> str:
    """Sign in there; the path that one is sent back to."""
    async with client_at() as elsewhere:
        answer = await elsewhere.get(url)
    assert answer.status_code == 303, answer.text
    back = urlsplit(answer.headers["location"])
    assert back.netloc == "tessera.test"
    return f"{back.path}?{back.query}"


async def sign_in(browser: httpx.AsyncClient, goal: str = "/") -> httpx.Response:
    return await browser.get(await at_provider(await set_out(browser, goal)))


async def events(admin: httpx.AsyncClient, user_id: str) -> list[JsonObject]:
    """What happened to a user, oldest first."""
    page = (await admin.get("/api/v1/events", params={"limit": "200"})).json()
    return [e for e in reversed(page["items"]) if e["payload"].get("user_id") == user_id]


async def user_of(admin: httpx.AsyncClient, idp: IdentityProvider) -> JsonObject:
    page = (await admin.get("/api/v1/users", params={"email": idp.person["email"]})).json()
    (user,) = page["items"]
    found: JsonObject = user
    return found


def is_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and SESSION in answer.headers.get("set-cookie", "")


async def test_the_first_sign_in_makes_a_user_and_the_next_finds_them(
    browser: httpx.AsyncClient, idp: IdentityProvider, administrator: httpx.AsyncClient
) -> None:
    assert "Sign in with Example" in (await browser.get("/sign-in")).text
    url = await set_out(browser, "/ended?team=x")
    asked = parse_qs(url.query.decode())
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://tessera.test/sign-in/provider/back"]
    assert asked["scope"] == ["openid email profile"]
    answer = await browser.get(await at_provider(url))
    assert (answer.status_code, answer.headers["location"]) == (303, "/ended?team=x")
    assert "Grace" in (await browser.get("/account")).text

    user = await user_of(administrator, idp)
    assert (user["name"], user["kind"], user["administrator"]) == ("Grace", "person", False)
    # The subject is the identity: another address and another name are the same person.
    idp.person |= {"email": f"{unique('married')}@example.com", "name": "Grace H."}
    assert is_in(await sign_in(browser))
    found = await events(administrator, user["id"])
    told = [(event["type"], event["actor"]["kind"], event["origin"]) for event in found]
    assert told == [
        ("user.created", "system", "page"),
        ("user.linked", "system", "page"),
        ("session.started", "person", "page"),
        ("session.ended", "person", "page"),
        ("session.started", "person", "page"),
    ]
    assert found[1]["payload"]["after"]["subject"] == idp.person["sub"]


async def test_an_address_leads_to_a_user_only_if_the_provider_says_it_is_theirs(
    make_app: Any,
    idp: IdentityProvider,
    administrator: httpx.AsyncClient,
    credentials: Credentials,
) -> None:
    ada = await credentials.user("ada", administrator=True)
    idp.person["email"] = ada["email"].upper()
    for said in (False, "false", None, 1, "yes"):
        idp.person["email_verified"] = said
        async with client_of(make_app(trust_email=said is not None)) as browser:
            answer = await sign_in(browser)
        assert answer.status_code == 401, said
        assert "verified" in answer.text
    assert not [e for e in await events(administrator, ada["id"]) if e["type"] == "user.linked"]

    idp.person["email_verified"] = None
    async with client_of(make_app(trust_email=True)) as browser:
        assert is_in(await sign_in(browser))  # it says nothing, and that is trusted
        assert "administrator" in (await browser.get("/account")).text
    idp.person |= {"email_verified": True, "email": f"{unique('x')}@example.com"}
    async with client_of(make_app()) as browser:
        assert is_in(await sign_in(browser))
        assert ada["name"] in (await browser.get("/account")).text


async def test_an_address_that_is_given_to_somebody_else_there_does_not_make_them_the_first(
    browser: httpx.AsyncClient, idp: IdentityProvider, administrator: httpx.AsyncClient
) -> None:
    assert is_in(await sign_in(browser))
    user = await user_of(administrator, idp)
    idp.person["sub"] = unique("a later employee")
    answer = await sign_in(browser)
    assert (answer.status_code, "Somebody else" in answer.text) == (401, True)
    moved = {"email": f"{unique('former')}@example.com"}
    response = await administrator.patch(f"/api/v1/users/{user['id']}", json=moved)
    assert response.status_code == 200
    assert is_in(await sign_in(browser))
    assert (await user_of(administrator, idp))["id"] != user["id"]


async def test_the_last_administrator_stays_one_whatever_the_groups_say(
    make_app: Any, idp: IdentityProvider, administrator: httpx.AsyncClient, database: Database
) -> None:
    app = make_app(rules=GroupRules.parse("ops=*:admin"))
    async with client_of(app) as browser:
        idp.person["groups"] = ["ops"]
        assert is_in(await sign_in(browser))
        user = await user_of(administrator, idp)

        async def alone(tx: Transaction) -> None:
            others = update(UserRow).where(UserRow.id != UUID(user["id"]))
            await tx.sql.execute(others.values(administrator=False))

        await database.run(alone)
        idp.person["groups"] = []
        assert is_in(await sign_in(browser))
        assert (await user_of(administrator, idp))["administrator"]


async def test_who_is_deactivated_or_a_bot_stays_out(
    browser: httpx.AsyncClient,
    idp: IdentityProvider,
    administrator: httpx.AsyncClient,
    credentials: Credentials,
) -> None:
    assert is_in(await sign_in(browser))
    user = await user_of(administrator, idp)
    await credentials.deactivated(user)
    assert (await browser.get("/account")).status_code == 401
    answer = await sign_in(browser)
    assert (answer.status_code, "may not sign in here" in answer.text) == (401, True)
    assert (await browser.get("/account")).status_code == 401

    bot = await credentials.posted(
        "/users", {"name": unique("b"), "kind": "bot", "email": f"{unique('b')}@example.com"}
    )
    idp.person |= {"sub": unique("s"), "email": bot["email"]}
    assert (await sign_in(browser)).status_code == 401
    assert "user.linked" not in [e["type"] for e in await events(administrator, bot["id"])]


async def test_roles_follow_groups_and_what_was_given_by_hand_stays(
    make_app: Any,
    idp: IdentityProvider,
    administrator: httpx.AsyncClient,
    teams: list[JsonObject],
) -> None:
    orders, checkout = teams
    rules = GroupRules.parse(
        f"eng={orders['name']}:member, leads={orders['name']}:owner, eng={checkout['name']}:viewer,"
        f"ops=*:admin, eng=no such team:owner"
    )

    async def roles(*groups: str) -> dict[str, str]:
        idp.person["groups"] = [*groups]
        async with client_of(make_app(rules=rules)) as browser:
            assert is_in(await sign_in(browser))
        return await held()

    async def held() -> dict[str, str]:
        found = {}
        for team in teams:
            page = await administrator.get(f"/api/v1/teams/{team['id']}/members")
            for member in page.json()["items"]:
                if member["user"]["email"] == idp.person["email"]:
                    found[team["name"].partition("-")[0]] = member["role"]
        return found

    async def is_administrator() -> bool:
        return bool((await user_of(administrator, idp))["administrator"])

    assert await roles() == {}
    assert await roles("eng") == {"orders": "member", "checkout": "viewer"}
    assert await roles("eng", "leads") == {"orders": "owner", "checkout": "viewer"}
    assert await roles("leads", "ops") == {"orders": "owner"}
    assert await is_administrator()
    assert await roles("strangers") == {}
    assert not await is_administrator()

    user = await user_of(administrator, idp)
    told = [
        (e["type"], e["actor"]["name"], e["payload"]["before"], e["payload"]["after"])
        for e in await events(administrator, user["id"])
        if e["type"].startswith("team.") and e["team_id"] == orders["id"]
    ]
    member, owner = ({"role": each, "by_groups": True} for each in ("member", "owner"))
    assert told == [
        ("team.member_added", "identity provider", None, member),
        ("team.member_role_changed", "identity provider", member, owner),
        ("team.member_removed", "identity provider", owner, None),
    ]

    by_hand = {"role": "viewer"}
    path = f"/api/v1/teams/{orders['id']}/members/{user['id']}"
    assert (await administrator.put(path, json=by_hand)).status_code == 200
    path = f"/api/v1/users/{user['id']}"
    assert (await administrator.patch(path, json={"administrator": True})).status_code == 200
    assert await roles("eng", "leads", "ops") == {"orders": "viewer", "checkout": "viewer"}
    assert await roles() == {"orders": "viewer"}
    assert await is_administrator()


async def test_groups_that_the_provider_does_not_tell_change_nothing(
    make_app: Any, idp: IdentityProvider, administrator: httpx.AsyncClient, teams: list[JsonObject]
) -> None:
    """Entra says where they are instead of which, once they are too many for a token."""
    orders = teams[0]
    app = make_app(rules=GroupRules.parse(f"eng={orders['name']}:member"))

    async def members() -> int:
        page = await administrator.get(f"/api/v1/teams/{orders['id']}/members")
        return len(page.json()["items"])

    async with client_of(app) as browser:
        idp.person["groups"] = ["eng"]
        assert is_in(await sign_in(browser))
        assert await members() == 1
        idp.person |= {"groups": None, "_claim_names": {"groups": "src1"}}
        idp.by_userinfo = {"sub": idp.person["sub"]}
        assert is_in(await sign_in(browser))
        assert await members() == 1
        del idp.person["_claim_names"]
        assert is_in(await sign_in(browser))
        assert await members() == 0


async def test_what_the_token_does_not_say_userinfo_may_about_the_same_subject(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    email = idp.person.pop("email")
    idp.by_userinfo = {"sub": "somebody else", "email": email, "email_verified": True}
    assert (await sign_in(browser)).status_code == 401
    idp.by_userinfo["sub"] = idp.person["sub"]
    assert is_in(await sign_in(browser))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "another"}, "the nonce of another sign-in"),
        ({"nonce": None}, "no nonce"),
        ({"aud": "another client"}, "for somebody else"),
        ({"aud": "another client", "azp": CLIENT_ID}, "for somebody else, though we asked"),
        ({"aud": [CLIENT_ID, "another"]}, "for several, and nobody is said to have asked"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "asked for by somebody else"),
        ({"iss": "https://other.example.com"}, "of another issuer"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": None}, "never expires"),
        ({"iat": 4_000_000_000}, "of the future"),
        ({"sub": None}, "about nobody"),
        ({"sub": ""}, "about nobody"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
async def test_a_token_that_is_not_meant_for_this_is_refused(
    browser: httpx.AsyncClient, idp: IdentityProvider, claims: JsonObject, why: str
) -> None:
    assert why
    assert is_in(await sign_in(browser))
    idp.claims = claims
    answer = await sign_in(browser)
    assert answer.status_code == 401
    assert SESSION not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("sign", [unsigned, signed_with_public_key])
async def test_a_token_that_anybody_could_have_made_is_refused(
    browser: httpx.AsyncClient, idp: IdentityProvider, sign: Any
) -> None:
    """The provider even says that it signs like that."""
    idp.sign = sign
    assert (await sign_in(browser)).status_code == 401


async def test_a_token_signed_with_another_key_is_refused(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    shown = JSONResponse({"keys": [idp.key.as_dict(private=False)]})
    idp.answers["/keys"] = shown
    assert is_in(await sign_in(browser))
    kid = idp.key.kid
    idp.rotate()
    assert (await sign_in(browser)).status_code == 401  # by a key that it does not show
    idp.key = idp.key.import_key({**idp.key.as_dict(private=True), "kid": str(kid)})
    assert (await sign_in(browser)).status_code == 401  # by one that only says it is that one


async def test_a_new_key_of_the_provider_is_found(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    for _ in range(3):
        assert is_in(await sign_in(browser))
        idp.rotate()
    assert is_in(await sign_in(browser))
    assert idp.seen.count("/.well-known/openid-configuration") == 1


async def test_a_way_back_is_taken_once_and_by_the_browser_that_set_out(
    make_app: Any, browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    idp.takes_codes_twice = True
    back = await at_provider(await set_out(browser))
    async with client_of(make_app()) as other:
        assert (await other.get(back)).status_code == 401  # no journey at all
        await set_out(other)
        assert (await other.get(back)).status_code == 401  # another journey
    journey = browser.cookies["tessera_journey"]
    assert is_in(await browser.get(back))
    browser.cookies.set("tessera_journey", journey, domain="tessera.test")
    again = await browser.get(back)
    assert again.status_code == 401
    assert idp.seen.count("/token") == 1

    back = await at_provider(await set_out(browser))
    changed = back.replace("state=", "state=x")
    assert (await browser.get(changed)).status_code == 401
    assert (await browser.get(back)).status_code == 401  # a wrong one ends the journey


async def test_a_code_that_was_used_is_of_no_use(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    url = await set_out(browser)
    back = await at_provider(url)
    idp.codes.clear()
    assert (await browser.get(back)).status_code == 401
    for query in ("error=access_denied", "code=", "iss=https://other.example.com&code=x"):
        state = parse_qs((await set_out(browser)).query.decode())["state"][0]
        answer = await browser.get(f"/sign-in/provider/back?{query}&state={state}")
        assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [
        Response("down", 503),
        Response("<html>", 200),
        Response("[]", 200),
        Response("{" + " " * 100_000 + "}", 200),
        RedirectResponse("http://127.0.0.1:1/elsewhere", 307),
    ],
    ids=["down", "no_json", "no_object", "too_large", "elsewhere"],
)
async def test_a_provider_that_fails_is_a_page_and_others_sign_in(
    make_app: Any,
    idp: IdentityProvider,
    credentials: Credentials,
    path: str,
    answer: Response,
) -> None:
    async with client_of(make_app()) as browser:
        idp.answers[path] = answer
        response = await browser.get("/sign-in/provider")
        if path.startswith("/.well"):
            assert response.status_code == 503
        else:
            response = await browser.get(await at_provider(httpx.URL(response.headers["location"])))
        assert response.status_code == 503
        assert "does not answer as it should" in response.text
        assert 'name="password"' in response.text
        user = await credentials.user("ada")
        password = await credentials.with_password(browser, user)
        form = {"email": user["email"], "password": password}
        assert (await browser.post("/sign-in", data=form)).status_code == 303
        idp.answers.clear()
        assert is_in(await sign_in(browser))


async def test_a_provider_that_is_another_one_or_silent_or_not_there(
    make_app: Any, idp: IdentityProvider
) -> None:
    wrong: list[JsonObject] = [
        {"issuer": "https://other.example.com"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ]
    for metadata in wrong:
        idp.metadata = metadata
        async with client_of(make_app()) as browser:
            assert (await browser.get("/sign-in/provider")).status_code == 503
    async with client_of(make_app(issuer="http://127.0.0.1:1")) as browser:
        assert (await browser.get("/sign-in/provider")).status_code == 503
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, says nothing
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with client_of(make_app(issuer=issuer, total_seconds=0.5)) as browser:
            assert (await browser.get("/sign-in/provider")).status_code == 503


async def test_a_provider_that_names_itself_is_asked_to_each_time(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    idp.metadata = {"authorization_response_iss_parameter_supported": True}
    assert (await sign_in(browser)).status_code == 401
    back = await at_provider(await set_out(browser))
    assert is_in(await browser.get(f"{back}&iss={idp.address}"))


async def test_signing_out_leads_to_the_provider_if_one_wants(
    browser: httpx.AsyncClient, idp: IdentityProvider
) -> None:
    await sign_in(browser)
    out = await browser.post("/sign-out")
    page = (await browser.get(out.headers["location"])).text
    assert 'href="/sign-out/provider"' in page
    leave = (await browser.get("/sign-out/provider")).headers["location"]
    asked = parse_qs(urlsplit(leave).query)
    assert leave.startswith(f"{idp.address}/leave?")
    assert asked == {
        "client_id": [CLIENT_ID],
        "post_logout_redirect_uri": ["http://tessera.test/sign-in"],
    }


async def test_without_a_provider_there_is_no_way_to_one(stranger: httpx.AsyncClient) -> None:
    for path in ("/sign-in/provider", "/sign-in/provider/back", "/sign-out/provider"):
        assert (await stranger.get(path)).status_code == 404
    assert "/sign-in/provider" not in (await stranger.get("/sign-in")).text
