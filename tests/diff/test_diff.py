"""`tessera diff` as people and CI use it: files in, a diff or JSON out, exit code by verdict."""

import json
from pathlib import Path

import pytest

from domain.json_values import JSON
from tests.diff.command import Outcome, tessera_diff

CUSTOMERS: JSON = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "email": {"type": "string", "format": "email"},
        "name": {"type": "string", "maxLength": 200},
    },
    "required": ["id"],
}
WITHOUT_EMAIL: JSON = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "description": "Grows."},
        "name": {"type": "string", "maxLength": 300},
    },
    "required": ["id"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "old.json", CUSTOMERS)
    write(tmp_path / "new.json", WITHOUT_EMAIL)
    return tmp_path


def write(path: Path, document: JSON) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def diff_of(folder: Path, old: JSON, new: JSON, *options: str) -> Outcome:
    return tessera_diff(
        write(folder / "one.json", old), write(folder / "other.json", new), *options
    )


def test_it_prints_like_a_good_diff(folder: Path) -> None:
    outcome = tessera_diff("old.json", "new.json", "--brief", folder=folder)

    assert outcome.exit_code == 4
    assert outcome.err == ""
    head, *rest = (line.rstrip() for line in outcome.out.splitlines() if line.strip())
    assert head == "old.json → new.json"
    assert rest == [
        "  backward  ✗ breaks      the new one cannot read all that the old one wrote",
        "  forward   ✗ breaks      the old one cannot read all that the new one writes",
        "Breaking",
        "  ✗  `email` is removed.  (breaks backward)",
        '     - {"type": "string", "required": false}',
        "Told only: breaks in a way that does not gate",
        "  !  `name` now only must be at most 300 characters long (was 200).  (breaks",
        "     forward)",
        "     - 200",
        "     + 300",
        "Wording",
        "  ·  `id` has another description.",
        '     + "Grows."',
        "✗ 1 change asks for consent (backward, closed content).",
    ]


def test_json_is_the_whole_answer_and_nothing_else(folder: Path) -> None:
    outcome = tessera_diff(folder / "old.json", folder / "new.json", "--json", "--mode", "full")

    answer = json.loads(outcome.out)
    assert outcome.exit_code == 4
    assert (answer["mode"], answer["content_model"], answer["gating"]) == ("full", "closed", True)
    assert (answer["verdict"]["backward"], answer["verdict"]["forward"]) == (False, False)
    assert [(each["path"], each["group"]) for each in answer["changes"]] == [
        ("email", "asks"),
        ("id", "wording"),
        ("name", "asks"),
    ]


@pytest.mark.parametrize(
    ("mode", "model", "exit_code"),
    [
        ("backward", "closed", 4),
        ("backward", "open", 4),  # a removed field gates, whatever the language would resolve
        ("forward", "closed", 0),
        ("forward", "open", 4),
        ("full", "closed", 4),
        ("none", "closed", 0),
        ("backward-transitive", "closed", 4),
    ],
)
def test_the_exit_code_is_the_verdict_of_the_mode(
    folder: Path, mode: str, model: str, exit_code: int
) -> None:
    old: JSON = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}}
    new: JSON = {"type": "object", "properties": {"b": {}}}
    outcome = diff_of(folder, old, new, "--mode", mode, "--content-model", model, "--brief")
    assert outcome.exit_code == exit_code


def test_what_could_not_be_decided_has_an_exit_code_of_its_own(folder: Path) -> None:
    old: JSON = {"type": "string", "pattern": r"^(a+)\1$"}
    new: JSON = {"type": "string", "pattern": r"^(a|b)*\1$"}
    assert diff_of(folder, old, new).exit_code == 5
    assert diff_of(folder, old, new, "--mode", "none").exit_code == 0


def test_the_same_schema_has_no_changes(folder: Path) -> None:
    outcome = tessera_diff(folder / "old.json", folder / "old.json")
    assert (outcome.exit_code, "Nothing changes." in outcome.out) == (0, True)


def test_one_of_the_two_may_come_from_stdin_as_json_or_yaml(folder: Path) -> None:
    as_json = tessera_diff("-", folder / "new.json", "--json", stdin=json.dumps(CUSTOMERS))
    as_yaml = tessera_diff("-", folder / "new.json", "--json", stdin=YAML)
    assert json.loads(as_json.out) == json.loads(as_yaml.out)
    assert as_json.exit_code == 4


YAML = """
type: object
properties:
  id: {type: integer}
  email: {type: string, format: email}
  name:
    type: string
    maxLength: 200
required: [id]
"""


def test_yaml_is_read_as_yaml_of_today(folder: Path) -> None:
    """`no` is text, a date is text, and the key of an HTTP status is the name of a field."""
    (folder / "old.yaml").write_text(
        "type: object\nproperties:\n  404: {enum: [no, 2026-01-31, 1.0]}\n", encoding="utf-8"
    )
    same: JSON = {"type": "object", "properties": {"404": {"enum": ["no", "2026-01-31", 1]}}}
    outcome = tessera_diff(folder / "old.yaml", write(folder / "same.json", same))
    assert outcome.exit_code == 0
    assert "Nothing changes." in outcome.out


def test_a_directory_is_a_bundle(folder: Path) -> None:
    order: JSON = {"type": "object", "properties": {"to": {"$ref": "parts/address.yaml"}}}
    for version, type_name in (("old", "string"), ("new", "integer")):
        write(folder / version / "order.json", order)
        (folder / version / "parts").mkdir()
        (folder / version / "parts" / "address.yaml").write_text(
            f"type: object\nproperties: {{zip: {{type: {type_name}}}}}\n", encoding="utf-8"
        )
    outcome = tessera_diff(folder / "old", folder / "new", "--root", "order.json", "--json")
    assert outcome.exit_code == 4
    assert [each["path"] for each in json.loads(outcome.out)["changes"]] == ["to.zip"]
    unnamed = tessera_diff(folder / "old", folder / "new")
    assert unnamed.exit_code == 2
    assert "name one with --root" in unnamed.flat_err


def test_a_schema_that_is_not_valid_is_refused_with_its_file_and_place(folder: Path) -> None:
    outcome = diff_of(folder, CUSTOMERS, {"type": "strin"})
    assert outcome.exit_code == 1
    assert outcome.out == ""
    assert "other.json: `type` at `/type` is not valid" in outcome.err


def test_the_draft_can_be_said_for_documents_that_do_not_say_it(folder: Path) -> None:
    tuple_of_two: JSON = {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}
    longer: JSON = {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}
    assert diff_of(folder, tuple_of_two, longer).exit_code == 1
    assert diff_of(folder, tuple_of_two, longer, "--draft", "draft-07").exit_code == 0
    unknown = diff_of(folder, tuple_of_two, longer, "--draft", "draft-99")
    assert unknown.exit_code == 1
    assert "draft-99" in unknown.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["old.json"], "Give two schemas"),
        (["-", "-"], "Only one of the two can be stdin"),
        (["old.json", "nowhere.json"], "No such file"),
        (["old.json", "text.json"], "is not JSON"),
        (["old.json", "text.yaml"], "is not YAML that JSON can hold"),
        (["old.json", "two.yaml"], "is not YAML that JSON can hold"),
        (["old.json", "typed.yaml"], "has a type of its own"),
        (["old.json", "number.yaml"], "nan is no number of JSON"),
        (["old.json", "bytes.json"], "is not UTF-8"),
        (["old.json", "empty"], "has no .json, .yaml, .yml file in it"),
        (["old.json", "new.json", "--mode", "sideways"], "'sideways' is none of backward"),
        (["old.json", "new.json", "--content-model", "ajar"], "'ajar' is none of closed, open"),
        (["old.json", "--batch"], "reads its cases from stdin"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_two(
    folder: Path, arguments: list[str], said: str
) -> None:
    (folder / "text.json").write_text("{", encoding="utf-8")
    (folder / "text.yaml").write_text("a: [", encoding="utf-8")
    (folder / "two.yaml").write_text("a: 1\n---\nb: 2\n", encoding="utf-8")
    (folder / "typed.yaml").write_text("type: !mine string\n", encoding="utf-8")
    (folder / "number.yaml").write_text("default: .nan\n", encoding="utf-8")
    (folder / "bytes.json").write_bytes(b"\xff\xfe")
    (folder / "empty").mkdir()
    given = [str(folder / each) if "." in each or each == "empty" else each for each in arguments]
    outcome = tessera_diff(*given)
    assert outcome.exit_code == 2
    assert said in outcome.flat_err
    assert "Traceback" not in outcome.err


def test_a_format_that_is_not_built_is_refused(folder: Path) -> None:
    outcome = tessera_diff(folder / "old.json", folder / "new.json", "--format", "avro")
    assert outcome.exit_code == 1
    assert "`avro`" in outcome.err or "'avro'" in outcome.err
