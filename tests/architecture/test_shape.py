"""The shape of the code: short modules, short functions, names that say something."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.servers import ROOT

LONGEST_MODULE = 350
LONGEST_FUNCTION = 45
LONGEST_MEDIAN = 12
PRODUCT = (
    *("activities", "api", "domain", "embedded", "notify", "record", "sdk/tessera_sdk"),
    *("store", "workflows"),
)
FORBIDDEN = {"manager", "helper", "helpers", "util", "utils", "common", "base", "data", "info"}
WRITTEN_ONCE = "store/migrations/versions/"
"""Migrations tell what was done to tables once; nobody reads them as code."""


def modules() -> list[Path]:
    """Every module of the product, tests left out."""
    found = [path for name in PRODUCT for path in (ROOT / name).rglob("*.py")]
    found += ROOT.glob("*.py")
    return sorted(path for path in found if not named(path).startswith(WRITTEN_ONCE))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Names and lengths, without the docstring: words are not what makes a function long."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            head = node.body[0].lineno - node.lineno
            yield node.name, head + (node.end_lineno or 0) - first.lineno + 1


def test_a_module_is_short_enough_to_be_read_at_once() -> None:
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_a_function_is_short_enough_to_be_seen_at_once() -> None:
    lengths = {
        f"{named(path)}: {name}": length for path in modules() for name, length in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_the_median_function_is_small() -> None:
    lengths = sorted(length for path in modules() for _, length in functions(path))
    assert lengths[len(lengths) // 2] <= LONGEST_MEDIAN


def test_a_module_is_called_by_a_word_of_the_domain() -> None:
    found = {
        named(path)
        for path in modules()
        if FORBIDDEN & {*path.stem.strip("_").split("_"), *path.parent.name.split("_")}
    }
    assert found == set()


def test_every_test_folder_is_a_package() -> None:
    """Else two test modules of one name would be taken for the same."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert {named(each) for each in folders if not (each / "__init__.py").exists()} == set()
