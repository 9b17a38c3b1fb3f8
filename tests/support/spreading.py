"""How the tests are spread over pytest's workers.

A file stays together, so that what its tests share is made once, and so do files that share a
server which takes long to start. What has been given the most time begins first, so that no worker
is left alone with it at the end.
"""

from collections.abc import Mapping

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Mapping[str, str] = {
    "tests/races/": "the three API processes",
    "tests/workflows/": "the server whose clock skips",
    "tests/e2e/test_many_proposals.py": "the stack",
    "tests/e2e/test_one_for_all.py": "the stack",
    "tests/e2e/test_proposals.py": "the stack",
    "tests/e2e/test_temporal.py": "the stack",
}
"""What files share whose path begins so; each is started once for each worker that has them."""


class BySharing(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Deals out all tests that share something at once, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: Producer | None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((what for path, what in TOGETHER.items() if file.startswith(path)), file)


def put_longest_first(items: list[pytest.Item]) -> None:
    """Sort whole files by the most time that one of their tests may take."""
    most: dict[str, float] = {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        seconds = float(marker.args[0]) if marker else 0.0
        file = item.nodeid.partition("::")[0]
        most[file] = max(most.get(file, 0.0), seconds)
    items.sort(key=lambda item: -most[item.nodeid.partition("::")[0]])
