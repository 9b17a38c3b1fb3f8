"""How much of a page moves by itself while somebody looks at it.

Twice: while it comes, piece by piece as over a slow line, by where its elements stand; and when it
is there, as the browser measures it. A layout shift's value is how much of the window moved times
how far; below 0.1 in all counts as good (web.dev/cls). What follows a key or a click within half a
second is expected and not counted.
"""

from playwright.async_api import Page

UNSEEN = 0.002
"""Such as one button by a few pixels."""
FEW_PIXELS = 3
PIECES = 150
"""A page is cut into so many at most; each is laid out, so that nothing depends on the machine."""
WATCHING = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
            const moved = sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
            if (!hadRecentInput) window.shifts.push([value, moved.join(", ")]);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
PIECEMEAL = r"""
    async ([text, most, few]) => {
        const ends = /<\/(tr|th|li|p|h\d|d[dtl]|div|section|form|label|summary|[uo]l|header)>/g;
        const body = text.indexOf("<body");
        const all = [...text.matchAll(ends)].map((each) => each.index + each[0].length);
        const cuts = all.filter((each) => each > body);
        const step = Math.max(1, cuts.length / most);
        const places = new Map();
        const found = [];
        const named = (each) => `${each.nodeName} ${each.id || each.className} ` +
            `“${each.textContent.trim().slice(0, 30)}”`;
        const look = (each) => {
            const { x, y: fromTop, width, height } = each.getBoundingClientRect();
            const y = fromTop + scrollY;
            const old = places.get(each);
            if (width && height) places.set(each, [x, y]);
            if (old && Math.hypot(x - old[0], y - old[1]) > few && each.checkVisibility()) {
                const by = `${Math.round(x - old[0])}, ${Math.round(y - old[1])} pixels`;
                found.push(`${by}: ${named(each)}`);
                return;
            }
            if (!each.matches("svg, details:not([open])")) [...each.children].forEach(look);
        };
        const styled = async () => {
            const links = [...document.querySelectorAll("link[rel=stylesheet]")];
            while (!links.every((each) => each.sheet)) await new Promise((go) => setTimeout(go, 5));
        };
        document.open();
        let at = 0;
        for (let next = 0; next < cuts.length; next += step) {
            const cut = cuts[Math.floor(next)];
            document.write(text.slice(at, cut));
            if (!at) await styled();
            at = cut;
            look(document.body);
        }
        document.write(text.slice(at));
        document.close();
        look(document.body);
        return found;
    }
"""


async def moved_while_it_came(page: Page, text: str) -> list[str]:
    """Write a page anew into its own window, piece by piece; return what moved meanwhile.

    Everywhere on it: somebody may have scrolled. What is folded away is nothing that moves.
    """
    found: list[str] = await page.evaluate(PIECEMEAL, [text, PIECES, FEW_PIXELS])
    return list(dict.fromkeys(found))


async def watch(page: Page) -> None:
    """Have every page that is opened from now on watched, from its first moment."""
    await page.add_init_script(WATCHING)


async def moved(page: Page) -> list[str]:
    """Return what moved by itself since the page was opened, if that is to be seen at all."""
    await page.evaluate(PAINTED)
    found: list[tuple[float, str]] = await page.evaluate("window.shifts")
    if sum(value for value, _ in found) <= UNSEEN:
        return []
    return [f"{value:.4f}: {what}" for value, what in found]
