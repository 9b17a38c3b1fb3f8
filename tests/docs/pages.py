"""Reading the documentation's pages: headings, links, and blocks of code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")],
    key=lambda page: page.as_posix(),
)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of code in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )


def without_code(text: str) -> str:
    """A page without its blocks of code, whose comments look like headings."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def headings(text: str) -> list[str]:
    return [
        found.strip().strip("`")
        for found in re.findall(r"^#{1,6} (.+)$", without_code(text), flags=re.MULTILINE)
    ]


def section(page: str, heading: str) -> str:
    """What stands under a heading of the third level."""
    found = re.search(
        rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)",
        text_of(page),
        flags=re.DOTALL | re.MULTILINE,
    )
    assert found, f"{page} has no heading {heading}"
    return found.group(1)


def anchor(heading: str) -> str:
    """The anchor that a heading gets: lower case, spaces to dashes, most other signs gone."""
    plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, with the anchor inside of them."""
    text = without_code(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        yield ((page.parent / path).resolve() if path else page), fragment
