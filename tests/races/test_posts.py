"""No POST is forgotten."""

from store.feed import Feed
from store.listener import Listener
from tests.races.arena import Arena
from tests.races.posts import FORMS, KINDS, NO_FACT, OF_BROWSERS, OF_SLACK
from tests.support.api_client import app_over, every_route


async def test_every_post_has_its_races(arena: Arena, races_database_url: str) -> None:
    database = arena.facts.database
    app = app_over(database, arena.facts.comparer, Feed(database, Listener(races_database_url, [])))
    posts = {
        route.path for route in every_route(app) if "POST" in (route.methods or ()) and route.path
    }
    raced = {kind.route for kind in KINDS}
    assert set(FORMS.values()) <= raced
    assert posts == raced | set(FORMS) | OF_BROWSERS | OF_SLACK | NO_FACT
