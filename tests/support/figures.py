"""What long tests have to tell with figures, shown at the end of the run however they ended.

A test records it with pytest's `record_property(FIGURES, text)`.
"""

from collections.abc import Iterator

import pytest

FIGURES = "figures"


def show(terminal: pytest.TerminalReporter) -> None:
    """Print what was recorded, each under the name of its test."""
    for report in _calls(terminal):
        for name, text in report.user_properties:
            if name == FIGURES:
                terminal.section(report.nodeid.rpartition("::")[2].replace("_", " "))
                terminal.write_line(f"\n{text}\n")


def _calls(terminal: pytest.TerminalReporter) -> Iterator[pytest.TestReport]:
    for reports in terminal.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                yield report
