"""Publications against each other and against proposals: each is judged by what is active then."""

import pytest

from domain.events import EventType
from tests.races.arena import Arena, is_problem, read, repeat
from tests.races.grounds import worded
from tests.support.facts import table

# --- the first publication ---


async def test_two_first_publications(arena: Arena) -> None:
    """Both are answered with what became of them, and one of them is the first version."""

    async def once() -> str:
        asset = await arena.grounds.asset()
        narrow, wide = await arena.at_once(
            arena.publish(asset, table("id")), arena.publish(asset, table("id", "email"))
        )
        books = await arena.books(asset)
        if narrow.status_code == 201 == wide.status_code:
            assert read(narrow)["version"] == "1.0.0"
            assert read(wide)["version"] == "1.1.0"
            assert books.versions == ["1.0.0", "1.1.0"]
            return "narrow first"
        assert (narrow.status_code, wide.status_code) == (202, 201)
        assert read(wide)["version"] == "1.0.0"
        assert read(narrow)["version"] == "2.0.0"
        assert books.versions == ["1.0.0"]
        return "wide first"

    await repeat(once, "narrow first", "wide first")


async def test_two_first_publications_of_the_same(arena: Arena) -> None:
    async def once() -> str:
        asset = await arena.grounds.asset()
        responses = await arena.at_once(*[arena.publish(asset, table("id"))] * 2)
        assert sorted(response.status_code for response in responses) == [200, 201]
        assert len({read(response)["contract"]["id"] for response in responses}) == 1
        assert (await arena.books(asset)).versions == ["1.0.0"]
        return "one version"

    await repeat(once, "one version")


async def test_eight_first_publications_leave_one_active_contract(arena: Arena) -> None:
    """All break each other: one is published, one proposed, the others are told what stands."""

    async def once() -> str:
        asset = await arena.grounds.asset()
        responses = await arena.at_once(
            *(arena.publish(asset, table("id", f"column_{number}")) for number in range(8))
        )
        statuses = [response.status_code for response in responses]
        assert (statuses.count(201), statuses.count(202)) == (1, 1)
        for response in responses:
            if response.status_code not in (201, 202):
                assert is_problem(response, "proposal_open") or is_problem(
                    response, "publish_contended"
                )
        assert (await arena.books(asset)).versions == ["1.0.0"]
        return "one active"

    await repeat(once, "one active")


# --- two publications ---


async def test_two_compatible_publications_are_each_compared_with_the_one_before(
    arena: Arena,
) -> None:
    async def once() -> str:
        asset = await arena.grounds.asset("id")
        responses = await arena.at_once(
            arena.publish(asset, worded("by one")), arena.publish(asset, worded("by two"))
        )
        assert [response.status_code for response in responses] == [201, 201]
        first, second = sorted((read(each) for each in responses), key=lambda each: each["version"])
        assert [first["version"], second["version"]] == ["1.0.1", "1.0.2"]
        words = [change["after"] for change in first["changes"]]
        assert [change["before"] for change in second["changes"]] == words
        assert (await arena.books(asset)).versions == ["1.0.0", "1.0.1", "1.0.2"]
        return str(words[0])

    await repeat(once, "by one", "by two")


async def test_the_second_of_two_additions_would_drop_the_first(arena: Arena) -> None:
    async def once() -> str:
        asset = await arena.grounds.asset("id")
        responses = await arena.at_once(
            arena.publish(asset, table("id", "email")), arena.publish(asset, table("id", "phone"))
        )
        assert sorted(response.status_code for response in responses) == [201, 202]
        first, second = sorted((read(each) for each in responses), key=lambda each: each["version"])
        (added,) = {change["path"] for change in first["changes"]}
        other = {"email": "phone", "phone": "email"}[added]
        changed = {(each["path"], each["gating"]) for each in second["changes"]}
        assert changed == {(added, True), (other, False)}
        assert second["proposal"]["base_version"] == first["version"] == "1.1.0"
        assert (await arena.books(asset)).versions == ["1.0.0", "1.1.0"]
        return str(added)

    await repeat(once, "email", "phone")


@pytest.mark.parametrize("same", [True, False])
async def test_two_breaking_publications_open_one_proposal(arena: Arena, same: bool) -> None:
    async def once() -> str:
        asset = await arena.grounds.asset("id", "email", "phone")
        one, two = await arena.at_once(
            arena.publish(asset, table("id")),
            arena.publish(asset, table("id") if same else table("id", "email")),
        )
        opened = [response for response in (one, two) if response.status_code == 202]
        ids = {read(response)["proposal"]["id"] for response in opened}
        assert len(ids) == 1
        if same:
            assert len(opened) == 2
        else:
            (refused,) = {one, two} - set(opened)
            assert is_problem(refused, "proposal_open")
            assert refused.json()["proposal_id"] in ids
        books = await arena.books(asset)
        assert books.count(EventType.PROPOSAL_OPENED) == 1
        return "one proposal"

    await repeat(once, "one proposal")


# --- against the publication of an approved proposal ---


async def test_a_compatible_publication_against_the_publication_of_a_proposal(
    arena: Arena,
) -> None:
    """What was added meanwhile is not dropped unless its producer says that this is meant."""

    async def once() -> str:
        ground = await arena.grounds.on_demand()
        added, wished = await arena.race(
            ground,
            arena.publish(ground.asset, table("id", "email", "phone")),
            arena.say(ground, "publish"),
        )
        assert added.status_code == 201, added.text
        assert wished.status_code == 200, wished.text
        books = await arena.books(ground.asset)
        if read(added)["base_moved_proposal"] is None:
            assert books.proposal["status"] == "published"
            assert read(added)["version"] == "2.1.0"
            assert books.versions == ["1.0.0", "2.0.0", "2.1.0"]
            return "proposal first"
        assert books.proposal["status"] == "approved"
        assert books.proposal["confirmation_needed"]
        assert books.versions == ["1.0.0", "1.1.0"]
        return "addition first"

    await repeat(once, "proposal first", "addition first")


async def test_new_words_against_the_last_approval(arena: Arena) -> None:
    """A base that moves without breaking anything moves along under the proposal."""

    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        published, approval = await arena.race(
            ground,
            arena.publish(ground.asset, worded("clearer", "email")),
            arena.answer(ground, 0, "approved"),
        )
        assert approval.is_success, approval.text
        assert published.status_code == 201, published.text
        books = await arena.books(ground.asset)
        assert books.end == ("published", "all_approved")
        if read(published)["base_moved_proposal"] is None:
            assert books.versions == ["1.0.0", "2.0.0", "2.1.0"]
            return "proposal first"
        assert books.versions == ["1.0.0", "1.0.1", "2.0.0"]
        assert books.proposal["base_version"] == "1.0.1"
        return "words first"

    await repeat(once, "proposal first", "words first")


async def test_a_greater_number_against_the_publication_of_a_proposal(arena: Arena) -> None:
    """Version numbers only grow, also where both were chosen by hand."""

    async def once() -> str:
        ground = await arena.grounds.on_demand(version="2.0.0")
        compatible, wished = await arena.race(
            ground,
            arena.publish(ground.asset, worded("clearer", "email"), version="3.0.0"),
            arena.say(ground, "publish"),
        )
        assert compatible.status_code == 201, compatible.text
        assert wished.is_success or is_problem(wished, "proposal_ended")
        books = await arena.books(ground.asset)
        if books.proposal["status"] == "published":
            assert books.versions == ["1.0.0", "2.0.0", "3.0.0"]
            return "proposal first"
        assert books.end == ("rejected", "version_taken")
        assert books.versions == ["1.0.0", "3.0.0"]
        return "greater first"

    await repeat(once, "proposal first", "greater first")
