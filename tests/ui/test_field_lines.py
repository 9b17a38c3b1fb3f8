"""The lines of a field table: nesting, guarantees and readers."""

from datetime import UTC, datetime
from uuid import uuid4

from api.ui.field_lines import AT_ONCE, IN_A_FOLD, FieldLine, field_table
from domain.actors import SERVER
from domain.contracts import Contract, ContractContent, ContractStatus
from domain.fields import Field
from domain.guarantees import Guarantees
from domain.registrations import Registration
from domain.schemas import Schema
from domain.teams import Team
from store.registrations import Consumers

NOW = datetime(2026, 11, 26, tzinfo=UTC)
GUARANTEES = {
    "nullability": {"id": "never"},
    "unique": ["id", ["year", "number"]],
    "accepted_values": {"status": ["paid", "open"]},
    "freshness": {"max_age": "24h", "column": "at"},
    "volume": {"min_rows": 1000},
    "custom": [{"type": "sql", "name": "no_orphans", "sql": "select 1"}],
}


def contract(*paths: str, guarantees: object = None) -> Contract:
    fields = tuple(
        Field(
            path=path,
            type="string",
            nullable=False,
            required=True,
            description="The Town." if path.endswith("city") else None,
            deprecated=False,
        )
        for path in paths
    )
    schema = Schema.from_wire({"format": "json_schema", "documents": {"": {}}, "root": ""})
    content = ContractContent(schema=schema, guarantees=Guarantees.parse(guarantees, None))
    return Contract(
        id=uuid4(),
        asset_id=uuid4(),
        version="1.0.0",
        status=ContractStatus.ACTIVE,
        content=content,
        content_hash="",
        fields=fields,
        proposal_id=None,
        published_by=SERVER.actor,
        published_at=NOW,
    )


def consumers(**fields: tuple[str, ...] | None) -> Consumers:
    teams = {name: Team(id=uuid4(), name=name, created_at=NOW) for name in fields}
    return Consumers(
        registrations=tuple(
            Registration(
                id=uuid4(),
                asset_id=uuid4(),
                consumer_team_id=teams[name].id,
                fields=each,
                pinned_version=None,
                used_by=(),
                created_at=NOW,
                updated_at=NOW,
            )
            for name, each in fields.items()
        ),
        teams={team.id: team for team in teams.values()},
    )


def by_path(lines: list[FieldLine]) -> dict[str, FieldLine]:
    return {line.field.path: line for line in lines}


def test_a_field_is_read_by_who_registered_for_it_or_for_what_is_above_it() -> None:
    read = consumers(zoe=("address",), ann=("address.city",), bob=None, old=("gone",))
    table = field_table(contract("id", "address", "address.city", "address.zip"), read)
    readers = {path: line.readers for path, line in by_path([*table.lines]).items()}
    assert readers == {
        "id": [],
        "address": ["zoe"],
        "address.city": ["ann", "zoe"],
        "address.zip": ["zoe"],
    }
    assert table.readers_of_all == ["bob"]


def test_a_path_is_taken_apart_into_what_is_above_and_its_own_name() -> None:
    names = {
        path: (line.depth, line.above, line.name)
        for path, line in by_path(
            [*field_table(contract("id", "a.b", "lines[].sku", '"a.b".c'), None).lines]
        ).items()
    }
    assert names == {
        "id": (0, "", "id"),
        "a.b": (1, "a.", "b"),
        "lines[].sku": (2, "lines[].", "sku"),
        '"a.b".c': (1, '"a.b".', "c"),
    }


def test_guarantees_stand_beside_their_fields_and_the_rest_above_all() -> None:
    table = field_table(contract("id", "year", "status", "at", guarantees=GUARANTEES), None)
    promised = {path: [*line.promises] for path, line in by_path([*table.lines]).items()}
    assert promised == {
        "id": ["never null", "unique"],
        "year": ["unique with number"],
        "status": ['one of "open", "paid"'],
        "at": ["the newest no older than 24h"],
    }
    assert table.of_the_whole == ["at least 1,000 rows", 'by the sql check "no_orphans"']


def test_a_long_table_is_folded_and_a_part_of_a_path_finds_its_fields() -> None:
    many = contract(*(f"field_{number}" for number in range(AT_ONCE + IN_A_FOLD + 1)), "city")
    table = field_table(many, None)
    assert (len(table.open), [len(fold) for fold in table.folds]) == (AT_ONCE, [IN_A_FOLD, 2])
    found = field_table(many, None, " FIELD_17 ")
    assert [line.field.path for line in found.open] == [
        "field_17",
        *(f"field_17{n}" for n in range(10)),
    ]
    assert (found.found, found.all, found.wanted) == (11, many.fields.__len__(), "FIELD_17")
    assert [line.field.path for line in field_table(many, None, "the town").open] == ["city"]
