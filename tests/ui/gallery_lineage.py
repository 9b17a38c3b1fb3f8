"""What the company's assets are made of."""

from collections.abc import Mapping

from domain.json_types import JsonObject
from tests.support.api_client import Api

LINEAGE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "shop.checkout_events": ("checkout", ()),
    "crm.contacts": ("support-tools", ()),
    "stripe.charges": ("payments", ()),
    "stripe.payouts": ("payments", ("stripe.charges",)),
    "staging.contacts_deduplicated": ("support-tools", ("crm.contacts",)),
    "orders.customers": ("checkout", ("shop.checkout_events", "staging.contacts_deduplicated")),
    "payments.transactions": ("payments", ("stripe.charges", "stripe.payouts")),
    "orders.orders_enriched": (
        "checkout",
        ("shop.checkout_events", "orders.customers", "catalog.products", "payments.transactions"),
    ),
    "analytics.customer_lifetime_value_by_segment_and_country": (
        "data-science",
        ("orders.customers", "orders.orders_enriched", "payments.refunds"),
    ),
    "analytics.churn_scores": (
        "data-science",
        ("analytics.customer_lifetime_value_by_segment_and_country", "support.tickets"),
    ),
    "campaigns.audiences": ("growth", ("orders.customers", "analytics.churn_scores")),
    "campaigns.sends": ("growth", ("campaigns.audiences",)),
    "campaigns.unsubscribes": ("growth", ("campaigns.sends",)),
    "billing.invoices": ("billing", ("orders.customers", "orders.orders_enriched")),
    "billing.dunning_runs": ("billing", ("billing.invoices",)),
    "finance.revenue_daily": ("billing", ("billing.invoices", "payments.transactions")),
    "support.tickets": ("support-tools", ("orders.customers",)),
}
"""Owners, and what each is made of; who unsubscribed closes a circle."""
_CIRCLE = ("campaigns.audiences", "campaigns.unsubscribes")


async def dependencies_of(api: Api, teams: Mapping[str, JsonObject]) -> None:
    """Make what is not there yet, and say what all of it is made of."""
    listed = await api.got("/api/v1/assets", limit="200")
    assets: dict[str, JsonObject] = {each["fqn"]: each for each in listed["items"]}
    for name, (owner, _) in LINEAGE.items():
        if name not in assets:
            body = {"fqn": name, "owner_team_id": teams[owner]["id"]}
            assets[name] = await api.made("/api/v1/assets", body)
    edges = [(name, each) for name, (_, made_of) in LINEAGE.items() for each in made_of]
    for name, upstream in [*edges, _CIRCLE]:
        path = f"/api/v1/assets/{assets[name]['id']}/dependencies/{assets[upstream]['id']}"
        response = await api.client.put(path)
        assert response.status_code == 200, response.text
