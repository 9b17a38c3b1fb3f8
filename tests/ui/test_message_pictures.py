"""What people are sent, looked at in a real browser: a mail and a message in Slack.

`TESSERA_PICTURES=docs/images` writes the pictures that the docs show.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, ViewportSize

from domain.json_types import JsonObject
from notify.messages import Message
from notify.slack_blocks import post
from notify.slack_digest import digest_post
from tests.notify.test_email_message import PROVEN, body, mail, many
from tests.support import slack_rendering
from tests.support import slack_worlds as worlds
from tests.support.told_messages import TEAM, asked

URL = "https://tessera.example"
WITNESS: JsonObject = {
    "instance": {"id": "7", "email": "a@b.example"},
    "valid_before": True,
    "valid_after": False,
}
LARGEST = 200_000


def in_slack() -> str:
    parties = [worlds.party(), worlds.party("search", worlds.OTHER)]
    message = worlds.message(parties=parties, witness=WITNESS)
    return slack_rendering.page(post(message, URL, worlds.NOW, answerable=True).blocks)


def in_slack_together() -> str:
    return slack_rendering.page(digest_post(many(), frozenset({TEAM}), URL).blocks)


def by_mail(message: Message) -> str:
    return body(mail(message), "html")


PICTURES: Mapping[str, Callable[[], str]] = {
    "slack-asked": in_slack,
    "slack-digest": in_slack_together,
    "mail-asked": lambda: by_mail(replace(asked(), changes=[PROVEN])),
    "mail-digest": lambda: by_mail(many()),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_a_message_can_be_read_on_a_screen_and_on_a_phone(
    name: str, browser: Browser, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("TESSERA_PICTURES", tmp_path))
    for width in (390, 720):
        size = ViewportSize(width=width, height=400)
        async with await browser.new_context(viewport=size, color_scheme="light") as context:
            page = await context.new_page()
            await page.set_content(PICTURES[name]())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            picture = await page.screenshot(path=pictures / f"{name}.png", full_page=True)
            assert 5_000 < len(picture) < LARGEST
