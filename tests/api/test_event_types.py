"""The kinds of events that are sent, over HTTP."""

import jsonschema
import pytest

from domain.event_kinds import SENT
from domain.events import EventType
from tests.support.api_client import Api
from tests.support.problems import assert_problem


async def test_every_kind_that_is_sent_is_listed(api: Api) -> None:
    listed = (await api.got("/api/v1/event-types"))["items"]
    assert [each["type"] for each in listed] == [type_.value for type_ in SENT]
    asked = next(each for each in listed if each["type"] == "proposal.asked")
    assert asked == {
        "type": "proposal.asked",
        "version": 1,
        "severity": "warning",
        "says": "A party is asked for its answer.",
        "reaches": "the party",
    }


@pytest.mark.parametrize("type_", SENT)
async def test_a_kind_is_shown_with_a_schema_and_an_example_of_it(
    api: Api, type_: EventType
) -> None:
    shown = await api.got(f"/api/v1/event-types/{type_.value}")
    jsonschema.validate(shown["example"], shown["schema"], cls=jsonschema.Draft202012Validator)
    assert shown["example"]["type"] == type_.value


async def test_a_digest_is_shown_with_a_schema_and_an_example(api: Api) -> None:
    shown = await api.got("/api/v1/event-types/digest")
    jsonschema.validate(shown["example"], shown["schema"], cls=jsonschema.Draft202012Validator)
    assert (shown["type"], shown["example"]["type"]) == ("digest", "digest")


@pytest.mark.parametrize("type_", ["team.created", "nothing", "proposal.*"])
async def test_what_is_never_sent_is_not_found(api: Api, type_: str) -> None:
    assert_problem(await api.client.get(f"/api/v1/event-types/{type_}"), 404, "not_found")
