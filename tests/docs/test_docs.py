"""The documentation is complete, and what it names exists."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.problems import PROBLEMS
from domain.changes import ChangeKind
from domain.compatibility import ContentModel, Mode
from domain.errors import TesseraError
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.timeline import Timeline
from tests.docs import generated
from tests.docs.change_examples import EXAMPLES
from tests.docs.pages import (
    DOCS,
    PAGES,
    ROOT,
    anchor,
    blocks,
    headings,
    links,
    name_of,
    section,
    text_of,
    without_code,
)

# --- nothing is left out ------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(generated.SECTIONS))
def test_a_generated_part_is_what_the_code_says(name: str) -> None:
    _, section_of_code = generated.SECTIONS[name]
    assert generated.written(name) == section_of_code(), "run: python -m tests.docs.generated"


def test_the_commands_of_the_server_are_among_the_documented_ones() -> None:
    documented = headings(text_of("docs/reference/cli.md"))
    assert {"tessera up", "tessera demo", "tessera server api"} <= set(documented)


def every_error() -> Iterator[type[TesseraError]]:
    waiting = [TesseraError]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def test_every_error_has_a_heading_that_names_its_status() -> None:
    for kind in {each for each in every_error() if not each.__module__.startswith("tests")}:
        words = section("docs/reference/errors.md", kind.code)
        if kind.code != "setup_failed":  # never an answer of the API
            assert f"Status {PROBLEMS[kind].status}." in words, kind.code


def test_no_error_is_documented_that_does_not_exist() -> None:
    codes = {kind.code for kind in every_error()}
    documented = re.findall(r"^### (\w+)$", text_of("docs/reference/errors.md"), flags=re.MULTILINE)
    assert set(documented) == codes


def test_every_event_has_a_heading_and_no_other_is_documented() -> None:
    text = without_code(text_of("docs/reference/events.md"))
    documented = re.findall(r"^### (.+)$", text, flags=re.MULTILINE)
    assert sorted(documented) == sorted(event.value for event in EventType)


def test_every_cause_and_every_status_is_explained() -> None:
    page = text_of("docs/concepts/life-of-a-proposal.md")
    for word in (*Cause, *ProposalStatus):
        assert f"| `{word}` |" in page, word


def test_every_timeline_setting_is_explained() -> None:
    page = text_of("docs/concepts/timeline.md")
    for name in Timeline().to_wire():
        rows = re.findall(rf"^\| `{name}` \|", page, flags=re.MULTILINE)
        assert len(rows) >= 2, f"{name} needs its bounds and its meaning"


def test_every_mode_is_explained() -> None:
    page = text_of("docs/concepts/compatibility.md")
    assert [mode for mode in Mode if f"`{mode}`" not in page] == []


def test_every_kind_of_change_has_an_example_that_shows_it() -> None:
    only_when_too_large = {ChangeKind.UNDECIDED}  # no pair that a page can show
    assert {example.kind for example in EXAMPLES} == set(ChangeKind) - only_when_too_large
    for example in EXAMPLES:
        assert example.change(ContentModel.CLOSED) is not None, example.words


def test_the_compatibility_table_says_what_was_promised() -> None:
    """The rows that the requirements name; the rest of the table follows the code."""

    def breaks(kind: ChangeKind, words: str) -> tuple[bool, bool]:
        example = next(each for each in EXAMPLES if each.kind is kind and words in each.words)
        change = example.change(ContentModel.CLOSED)
        assert change is not None
        return change.breaks_backward, change.breaks_forward

    assert breaks(ChangeKind.FIELD_REMOVED, "a field is removed") == (True, False)
    assert breaks(ChangeKind.FIELD_REMOVED, "required") == (True, True)
    assert breaks(ChangeKind.FIELD_ADDED, "required") == (True, True)
    assert breaks(ChangeKind.FIELD_ADDED, "optional") == (False, True)
    assert breaks(ChangeKind.TYPE_NARROWED, "narrowed") == (True, False)
    assert breaks(ChangeKind.TYPE_WIDENED, "widened") == (False, True)


def test_every_page_is_reachable_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [target for target, _ in links(page)]
    assert [page for page in DOCS.rglob("*.md") if page not in seen] == []


# --- links and files ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for target, fragment in links(page):
        assert target.exists(), f"{name_of(page)} links to {target}"
        if fragment:
            anchors = [anchor(each) for each in headings(target.read_text(encoding="utf-8"))]
            assert fragment in anchors, f"{name_of(page)} links to {target}#{fragment}"


def test_the_files_of_every_feature_exist() -> None:
    rows = re.findall(r"^\| (.+) \|$", text_of("docs/features.md"), flags=re.MULTILINE)[2:]
    assert len(rows) > 10
    for row in rows:
        feature, _, files = row.partition(" | ")
        for path in re.findall(r"`([^`]+)`", files):
            assert (ROOT / path).exists(), f"{feature}: {path}"


def test_the_tests_that_hold_security_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text_of("docs/security.md"))
    assert len(named) > 30
    for path, test in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in text, (path, test)


def test_paths_that_the_readme_names_exist() -> None:
    table = text_of("README.md").partition("## Layout")[2].partition("\n[What is")[0]
    for path in re.findall(r"`([\w./-]+)`", table):
        if "/" in path or path.endswith((".py", ".yml")):
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("record", sorted((DOCS / "adr").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_record_is_numbered_and_of_readable_length(record: Path) -> None:
    lines = record.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {int(record.name[:4])}. ")
    assert 30 <= len(lines) <= 60
    assert {"## Context", "## Decision", "## Consequences"} <= set(lines)


def test_json_in_the_documentation_is_json() -> None:
    for page in PAGES:
        for block in blocks(page, "json"):
            json.loads(block)


def test_shell_in_the_documentation_is_shell() -> None:
    for page in PAGES:
        for block in blocks(page, "bash"):
            subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def commands_of(page: Path) -> Iterator[list[str]]:
    """The words of every `tessera …` in the shell of a page."""
    for block in blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            if found := re.search(r"(?:^|; |do )(tessera .*?)(?:; done)?$", line.strip()):
                yield shlex.split(found.group(1), comments=True)


def documented_options(command: str) -> set[str]:
    return set(re.findall(r"`(--?[a-z-]+)`", section("docs/reference/cli.md", f"`{command}`")))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_in_the_documentation_exist(page: Path) -> None:
    known = set(re.findall(r"^### `(tessera .+)`$", text_of("docs/reference/cli.md"), re.MULTILINE))
    for words in commands_of(page):
        named = [
            command for command in (" ".join(words[:3]), " ".join(words[:2])) if command in known
        ]
        assert named, f"there is no {' '.join(words)}"
        options = {word for word in words if word.startswith("--")}
        assert options <= documented_options(named[0]), " ".join(words)
