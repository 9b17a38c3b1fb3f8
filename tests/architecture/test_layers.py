"""What import-linter cannot say."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.support.servers import ROOT


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def printed(code: str, *words: str, cwd: Path | str = ROOT) -> str:
    """Return what an interpreter of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, cwd=cwd
    ).stdout


def test_sql_is_written_in_the_store_alone() -> None:
    for folder in ("api", "record", "activities", "workflows", "notify", "domain"):
        for path in (ROOT / folder).rglob("*.py"):
            names = {name.split(".")[0] for name in imported(path)}
            assert not names & {"sqlalchemy", "asyncpg"}, path


def test_repositories_never_commit() -> None:
    for path in (ROOT / "store").glob("*.py"):
        if path.name != "database.py":
            text = path.read_text(encoding="utf-8")
            assert ".commit(" not in text, path
            assert ".rollback(" not in text, path


def test_only_the_settlement_and_what_opens_again_change_a_status() -> None:
    """A proposal's status moves where the design says so and nowhere else."""
    movers = {
        path.name
        for path in (ROOT / "record").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "replace"
        and any(keyword.arg == "status" for keyword in node.keywords)
    }
    assert movers == {"settlement.py", "rebase.py", "revise.py"}


def test_only_its_owner_and_its_end_close_a_retirement() -> None:
    users = {
        path.name
        for path in (ROOT / "record").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "ended"
        and "before" in ast.unparse(node)
    }
    assert users == {"retirements.py", "window_steps.py"}


def test_only_one_place_makes_a_contract_active() -> None:
    users = {
        path.name
        for folder in ("record", "activities", "api")
        for path in (ROOT / folder).rglob("*.py")
        if "insert_active" in path.read_text(encoding="utf-8")
    }
    assert users == {"activation.py"}


def test_the_client_loads_nothing_of_the_server() -> None:
    code = (
        "import sys, tessera_sdk; from tessera_sdk import AsyncClient;"
        "print([n for n in ('domain','store','record','api','temporalio','sqlalchemy')"
        " if n in sys.modules])"
    )
    assert printed(code, cwd="/").strip() == "[]"


def test_the_api_process_loads_no_temporal_and_nothing_that_only_few_need() -> None:
    """Neither what draws on terminals, nor what signs people in, nor what fills in pages."""
    code = (
        "import sys, server; settings = server.read_settings(); import api_process;"
        "api_process._provider(settings); unwanted = ('temporalio', 'rich', 'authlib', 'joserfc',"
        "'argon2', 'cryptography', 'httpcore', 'httpx', 'aiohttp', 'slack_sdk', 'jinja2',"
        " 'holidays');"
        "print([n for n in sys.modules if n.partition('.')[0] in unwanted or n == 'api.provider'])"
    )
    assert printed(code).splitlines()[-1] == "[]"


def test_a_process_of_the_server_keeps_no_command_of_the_client() -> None:
    code = (
        "import sys; from tessera_sdk.cli import main; sys.argv = ['tessera', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit: print(*(n for n in sys.modules if n.startswith('tessera_sdk.cli.')))"
    )
    loaded = {word: printed(code, word, "--help") for word in ("server", "events")}
    assert "tessera_sdk.cli.commands" not in loaded["server"]
    assert "rotate-secrets" in loaded["server"]
    assert "tessera_sdk.cli.commands.events" in loaded["events"]
    assert "prune" in loaded["events"], "ours, in a group of the client's"


def test_the_api_process_loads_pages_when_they_are_asked_for() -> None:
    """Only what leads to them is there at the start, and what makes a page of a problem."""
    code = (
        "import sys, api_process;"
        "print(*sorted(name for name in sys.modules if name.startswith('api.ui.')))"
    )
    assert printed(code).split() == ["api.ui.error_pages", "api.ui.late"]


def test_the_start_of_the_api_makes_no_route_and_maps_no_entity() -> None:
    """Both come with the first request that needs them."""
    code = (
        "from sqlalchemy import event; from sqlalchemy.orm import Mapper; mapped = [];"
        "event.listen(Mapper, 'before_configured', lambda: mapped.append('mapped'));"
        "import api_process, api.app;"
        "routes = [route for router in api.app._ROUTERS for route in router.routes];"
        "made = [route.path for route in routes if 'dependant' in vars(route)];"
        "print(len(routes) > 100, made, mapped)"
    )
    assert printed(code).strip() == "True [] []"


def test_the_api_process_never_loads_the_first_pydantic() -> None:
    """FastAPI looks for it at each parameter; without the word that it must not it is loaded."""
    code = (
        "import sys, starting; sys.argv[1:] and starting.never_load('pydantic.v1');"
        "import api_process, api.ui.pages; print(sys.modules.get('pydantic.v1') is not None)"
    )
    loaded = [printed(code, *words).strip() for words in ((), ("never",))]
    assert loaded == ["True", "False"]


def test_the_api_process_loads_what_speaks_slack_where_the_settings_name_it() -> None:
    code = (
        "import sys, server; settings = server.read_settings(); import api_process;"
        "before = set(sys.modules); api_process._slack(settings, None, None);"
        "print(sorted(set(sys.modules) - before))"
    )
    assert printed(code).splitlines()[-1] == "[]"


def test_whoever_only_hands_schemas_on_loads_no_engine() -> None:
    """API and worker leave comparing to their children."""
    code = (
        "import sys, api.app, api.serving, worker, record.comparison\n"
        "print(*[name for name in sys.modules if name.startswith('domain.schemas.')],"
        " 'jsonschema_rs' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["domain.schemas.schema", "False"], done.stdout + done.stderr
