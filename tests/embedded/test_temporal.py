"""The development server of Temporal: where it comes from, and what it is started with."""

from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType

from domain.errors import SetupFailed
from embedded.temporal import SEARCH_ATTRIBUTES
from embedded.temporal_binary import find_temporal
from workflows import namespace

SAYS_IT_IS_TEMPORAL = "#!/bin/sh\necho temporal version 9.9.9\n"


def program(path: Path, script: str = SAYS_IT_IS_TEMPORAL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


def say_nothing(_: str) -> None:
    """Progress is not looked at here."""


async def test_a_setting_comes_before_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = program(tmp_path / "wanted")
    program(tmp_path / "bin" / "temporal")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert await find_temporal(str(wanted), tmp_path, say_nothing) == wanted


async def test_the_path_comes_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = program(tmp_path / "bin" / "temporal")
    program(tmp_path / "temporal" / "1.5.1" / "temporal")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert await find_temporal(None, tmp_path, say_nothing) == wanted


async def test_another_program_of_that_name_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "temporal", "#!/bin/sh\necho something else\n")
    wanted = program(tmp_path / "temporal" / "1.5.1" / "temporal")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert await find_temporal(None, tmp_path, say_nothing) == wanted


async def test_a_setting_that_names_no_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match="is not a `temporal` program"):
        await find_temporal("/dev/null", tmp_path, say_nothing)


async def test_without_network_and_go_it_says_what_was_tried_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupFailed, match=r"cannot be reached; there is no Go") as refused:
        await find_temporal(None, tmp_path, say_nothing)
    assert "TEMPORAL_ADDRESS" in str(refused.value.extra["hint"])


def test_it_is_started_with_the_search_attributes_that_workflows_set() -> None:
    registered = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        for name, kind in SEARCH_ATTRIBUTES.items()
    }
    assert registered == dict(namespace.SEARCH_ATTRIBUTES)
