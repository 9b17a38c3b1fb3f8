"""Versions that are written in two places agree, and build files name what exists."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

from embedded.temporal_binary import BUILD_MODULE, CLI_VERSION
from tests.support.obtained import (
    COMPOSE_VERSION,
    DEPLOY,
    OPENID_PROVIDER_VERSION,
    TEST_SERVER_VERSION,
)
from tests.support.servers import ROOT


def required(go_mod: Path, module: str) -> str:
    found = re.search(rf"{re.escape(module)} v(\S+)", go_mod.read_text(encoding="utf-8"))
    assert found
    return found.group(1)


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_the_temporal_that_is_built_is_the_one_that_is_looked_for() -> None:
    assert required(BUILD_MODULE / "go.mod", "github.com/temporalio/cli") == CLI_VERSION


def test_the_compose_parser_that_is_built_is_the_one_that_is_looked_for() -> None:
    module = "github.com/docker/compose/v2"
    assert required(DEPLOY / "compose-config" / "go.mod", module) == COMPOSE_VERSION


def test_the_time_skipping_server_is_the_one_that_is_looked_for() -> None:
    pom = (DEPLOY / "temporal-test-server" / "pom.xml").read_text(encoding="utf-8")
    assert f"<version>{TEST_SERVER_VERSION}</version>" in pom


def test_the_openid_provider_is_the_one_that_is_looked_for() -> None:
    manifest = json.loads((DEPLOY / "oidc-provider" / "package.json").read_text(encoding="utf-8"))
    assert manifest["dependencies"] == {"oidc-provider": OPENID_PROVIDER_VERSION}


def test_makefile_and_image_use_the_same_uv() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.search(r"^UV_VERSION := (\S+)$", makefile, flags=re.MULTILINE)
    assert wanted
    assert f"ghcr.io/astral-sh/uv:{wanted.group(1)}" in dockerfile()


def test_the_image_runs_as_nobody_special_and_starts_the_command_line() -> None:
    last_stage = dockerfile().rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in last_stage
    assert 'ENTRYPOINT ["tessera"]' in last_stage
    assert "embedded" not in "".join(re.findall(r"uv sync[^\n]*", dockerfile()))


def test_the_image_gets_every_package_of_the_server() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    needed = [*built, *project["tool"]["uv"]["workspace"]["members"]]
    assert [name for name in needed if f"!{name}" not in ignore] == []


def test_scripts_of_the_deployment_are_sound_shell() -> None:
    for script in (*sorted((DEPLOY / "compose").glob("*.sh")), ROOT / ".ci" / "run"):
        shell = script.read_text(encoding="utf-8").splitlines()[0].split("/")[-1].split()[-1]
        subprocess.run([shell, "-n", script], check=True)
