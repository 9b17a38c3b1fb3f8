"""Law 3, of who has to be asked: by what is proposed and who registered, not by the parties."""

from tests.faults.findings import Findings, Law
from tests.faults.whole_record import Record, Row


def who_reads_it_is_asked(findings: Findings, record: Record, proposal: Row) -> None:
    """The parties of a proposal are the teams that read what it changes, all and only they.

    Whoever came or went after it was opened may be among them or not: what counts then is how the
    proposal stood at that moment, which `tests/races` looks into.
    """
    asset_id, base_id = proposal["asset_id"], proposal["base_contract_id"]
    base = record.contracts.get(base_id)
    findings.check(
        Law.NOBODY_PASSED,
        base is not None and base["asset_id"] == asset_id,
        f"proposal {proposal['id']} changes {base_id}, which is no contract of its asset",
    )
    changed = set[str]() if base is None else _changed(base["schema"], proposal["schema"])
    readers = {
        row["consumer_team_id"]
        for row in record.registrations[asset_id]
        if row["ended_at"] is None and _reads(row["fields"], changed)
    }
    parties = {row["team_id"] for row in record.parties[proposal["id"]]}
    wrong = (readers ^ parties) - _came_or_went(record, proposal)
    findings.check(
        Law.NOBODY_PASSED,
        not wrong,
        f"proposal {proposal['id']} changes {sorted(changed)} and asks {_named(parties)}, "
        f"where {_named(readers)} read that",
    )


def _changed(before: Row, after: Row) -> set[str]:
    """Columns that are gone, or are something else now: what breaks who reads them."""
    kept = after["properties"]
    return {name for name, column in before["properties"].items() if kept.get(name) != column}


def _reads(fields: list[str] | None, changed: set[str]) -> bool:
    """Whether a registration for these fields, or for all of them, is touched."""
    return bool(changed if fields is None else changed.intersection(fields))


def _came_or_went(record: Record, proposal: Row) -> set[object]:
    """Teams whose registration for the asset the log tells of after the proposal was opened."""
    teams, opened = set[object](), False
    for row in record.events:
        if row["type"] == "proposal.opened" and row["proposal_id"] == proposal["id"]:
            opened = True
        elif opened and row["asset_id"] == proposal["asset_id"] and _of_registration(row):
            teams.add(row["team_id"])
    return teams


def _of_registration(event: Row) -> bool:
    return bool(event["type"].startswith("registration."))


def _named(teams: set[object]) -> list[str]:
    return sorted(map(str, teams))
