"""What axe finds on a page: the rules of WCAG 2.2, A and AA, and axe's own best practices."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from domain.json_types import JsonObject

_EVERY_RULE = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
_OF_THE_LOOK = {
    "type": "rule",
    "values": [
        "color-contrast",
        "link-in-text-block",
        "scrollable-region-focusable",
        "target-size",
    ],
}
"""What the same page may break in other colours or at another width."""
_OPTIONS = {"resultTypes": ["violations"], "preload": False, "iframes": False}
"""Neither style sheets of others nor frames are looked for: our pages have none."""


async def violations(page: Page) -> list[str]:
    """Return one line for each rule that the page breaks, with the elements that break it."""
    await page.evaluate(Axe().axe_script)
    return await _broken(page, _EVERY_RULE)


async def violations_by_look(page: Page) -> list[str]:
    """The same of a page that was examined, and looks different now."""
    return await _broken(page, _OF_THE_LOOK)


async def _broken(page: Page, rules: JsonObject) -> list[str]:
    options = {**_OPTIONS, "runOnly": rules}
    run = "async (options) => (await axe.run(options)).violations"
    found = await page.evaluate(run, options)
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(f"{node['target']} {node['html'][:120]}" for node in each["nodes"][:5])
        for each in found
    ]
