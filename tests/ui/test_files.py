"""The pages' own files: small, kept by browsers, and legible in both colour schemes."""

import re
from pathlib import Path

import httpx
import pytest

STATIC = Path(__file__).parents[2] / "api" / "ui" / "static"
STYLE = (STATIC / "tessera.css").read_text(encoding="utf-8")
LEGIBLE = 4.5
"""WCAG 2.2, 1.4.3: the contrast of text, level AA."""
PAIRS = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("soft", "ground"),
    ("soft", "surface"),
    ("soft", "sunken"),
    ("soft", "quiet-ground"),
    ("link", "ground"),
    ("link", "surface"),
    ("link-ink", "link"),
    ("link-ink", "bad"),
    ("good", "good-ground"),
    ("late", "late-ground"),
    ("bad", "bad-ground"),
    ("bad", "surface"),
    ("ink", "good-ground"),
    ("ink", "bad-ground"),
]


async def test_a_file_named_with_its_hash_is_kept_for_ever(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        bare = await client.get(address.partition("?")[0])
        assert bare.headers["cache-control"] == "no-cache"
        again = await client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.css", "..%2fpages.py", "%2e%2e%2fpages.py", ".", "tessera.css%00"]
)
async def test_nothing_else_can_be_had(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{name}")).status_code in (404, 422)


def test_the_styles_are_small_and_have_no_foreign_address() -> None:
    assert len(STYLE.encode()) < 15_000
    for path in STATIC.glob("*.css"):
        style = path.read_text(encoding="utf-8")
        assert len(style.encode()) < 5_000 or path.name == "tessera.css", path.name
        assert "url(" not in style
        assert "@import" not in style


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    colours = _colours(scheme)
    lighter, darker = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= LEGIBLE


def _colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    found = re.findall(r"--([a-z-]+): (#[0-9a-f]+);", light if scheme == "light" else dark)
    return dict(found)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
