"""Assets are found by words: of their names, tags, descriptions and fields, misspelt ones too."""

import base64
from uuid import uuid4

import pytest

from domain.json_types import JsonObject
from store.pages import written_cursor
from tests.support.api_client import Api, table, unique
from tests.support.problems import assert_problem

ASSETS = "/api/v1/assets"


class Shelf:
    """Assets in an environment of their own."""

    def __init__(self, api: Api, owner: JsonObject) -> None:
        self.api, self.owner = api, owner
        self.environment = unique("env")

    async def add(self, fqn: str, **more: object) -> JsonObject:
        body = {"fqn": fqn, "owner_team_id": self.owner["id"], "environment": self.environment}
        return await self.api.made(ASSETS, {**body, **more})

    async def found(self, q: str, **params: str) -> list[str]:
        page = await self.api.got(ASSETS, q=q, environment=self.environment, **params)
        return [each["fqn"] for each in page["items"]]


@pytest.fixture
async def shelf(api: Api) -> Shelf:
    return Shelf(api, await api.team("librarian"))


async def test_words_begin_with_what_is_looked_for(shelf: Shelf) -> None:
    await shelf.add("sales.order_lines")
    await shelf.add("sales.customerEvents")
    await shelf.add("stock.bins")
    assert await shelf.found("lin") == ["sales.order_lines"]
    assert await shelf.found("ORDER lines") == ["sales.order_lines"]
    assert await shelf.found("lines order") == ["sales.order_lines"]
    assert await shelf.found("events") == ["sales.customerEvents"]
    assert await shelf.found("order bins") == []
    assert await shelf.found("'; DROP & | ! (:*") == []
    assert await shelf.found("%") == []


async def test_a_part_of_a_name_is_enough(shelf: Shelf) -> None:
    await shelf.add("warehouse.shipments")
    assert await shelf.found("house.ship") == ["warehouse.shipments"]
    assert await shelf.found("ehou") == ["warehouse.shipments"]


@pytest.mark.parametrize("typo", ["custmers", "cutsomers", "customrs", "ordrs", "oders.customers"])
async def test_what_is_spelled_wrongly_is_found(shelf: Shelf, typo: str) -> None:
    await shelf.add("orders.customers")
    await shelf.add("stock.bins")
    assert await shelf.found(typo) == ["orders.customers"]


async def test_the_best_come_first(shelf: Shelf) -> None:
    await shelf.add("billing.payments", description="What orders cost.")
    await shelf.add("billing.costs", tags=["orders"])
    await shelf.add("shop.orders_archive")
    await shelf.add("orders")
    assert await shelf.found("orders") == [
        "orders",
        "shop.orders_archive",
        "billing.costs",
        "billing.payments",
    ]


async def test_fields_of_the_active_contract_are_found(shelf: Shelf) -> None:
    asset = await shelf.add("crm.people")
    assert await shelf.found("passport") == []
    await shelf.api.publish(asset, table("id", "passport_number"))
    assert await shelf.found("passport") == ["crm.people"]
    await shelf.api.publish(asset, table("id", "passport_number", "visa"))
    assert await shelf.found("visa") == ["crm.people"]
    proposal = (await shelf.api.publish(asset, table("id", "visa"))).json()["proposal"]
    await shelf.api.settle(proposal)
    assert await shelf.found("passport") == []


async def test_what_is_changed_is_found_by_its_new_words(shelf: Shelf) -> None:
    asset = await shelf.add("a.b", description="zebra", tags=["quagga"])
    path = f"{ASSETS}/{asset['id']}"
    assert await shelf.found("zebra") == await shelf.found("quagga") == ["a.b"]
    await shelf.api.client.patch(path, json={"description": "giraffe"})
    body = {"asset_ids": [asset["id"]], "remove": ["quagga"], "add": ["okapi"]}
    await shelf.api.client.post(f"{ASSETS}/bulk/tags", json=body)
    assert await shelf.found("zebra") == await shelf.found("quagga") == []
    assert await shelf.found("giraffe") == await shelf.found("okapi") == ["a.b"]
    await shelf.api.client.delete(path)
    assert await shelf.found("giraffe") == []
    assert await shelf.found("giraffe", deleted="only") == ["a.b"]


async def test_filters_narrow_what_is_found(shelf: Shelf) -> None:
    await shelf.add("x.invoices", kind="topic", tags=["pii"])
    await shelf.add("y.invoices")
    assert await shelf.found("invoices", kind="topic") == ["x.invoices"]
    assert await shelf.found("invoices", tag="pii") == ["x.invoices"]
    assert await shelf.found("invoices", fqn="y.invoices") == ["y.invoices"]
    assert await shelf.found("invoices", owner_team_id=str(uuid4())) == []
    assert await shelf.found("invoices", steward=str(uuid4())) == []
    assert len(await shelf.found("invoices", owner_team_id=shelf.owner["id"])) == 2


async def test_pages_show_everything_once_and_in_order(shelf: Shelf) -> None:
    for number in range(7):
        await shelf.add(f"paged.item_{number}" if number % 2 else f"item.paged_{number}")
    whole = await shelf.found("paged")
    assert len(whole) == 7
    seen: list[str] = []
    params = {"q": "paged", "environment": shelf.environment, "limit": "2"}
    while True:
        page = await shelf.api.got(ASSETS, **params)
        seen += [each["fqn"] for each in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
        await shelf.add(f"unrelated.{uuid4().hex}")
    assert seen == whole


async def test_a_cursor_belongs_to_its_search(shelf: Shelf) -> None:
    for number in range(3):
        await shelf.add(f"cursor.item_{number}")
    params = {"q": "cursor", "environment": shelf.environment, "limit": "1"}
    cursor = (await shelf.api.got(ASSETS, **params))["next"]
    for other in ({"q": "item"}, {"q": "cursor", "kind": "topic"}, {}):
        wrong = {**other, "environment": shelf.environment, "cursor": cursor}
        response = await shelf.api.client.get(ASSETS, params=wrong)
        assert_problem(response, 422, "invalid_cursor")
    listing, _, key = base64.urlsafe_b64decode(cursor + "==").decode().partition(":")
    cursor = written_cursor(listing, f"{2**63} {key.split()[1]}")
    response = await shelf.api.client.get(ASSETS, params={**params, "cursor": cursor})
    assert_problem(response, 422, "invalid_cursor")
