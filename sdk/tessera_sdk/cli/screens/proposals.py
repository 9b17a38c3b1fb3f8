"""Proposals, as people see them."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import (
    ANSWER_LOOKS,
    UNKNOWN_LOOK,
    CommandLine,
    Facts,
    done,
    facts,
    heading,
    identifier,
    indented,
    prose,
    state,
    table,
)
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.screens.changes import change_list
from tessera_sdk.cli.times import day, now, spelled, when
from tessera_sdk.models import EarlierAnswer, Party, Proposal
from tessera_sdk.policies import Calendar
from tessera_sdk.words import OPEN_STATUSES, ProposalStatus, Response, plain_answer

_COMING_SHOWN = 8


def is_open(proposal: Proposal) -> bool:
    return proposal.status in OPEN_STATUSES


def versions_of(proposal: Proposal) -> str:
    target = proposal.version or "?"
    return f"{proposal.base_version} → {target}" if proposal.base_version else target


def waiting_for(proposal: Proposal) -> str:
    return ", ".join(team.name for team in proposal.pending)


def proposal_list(proposals: Sequence[Proposal]) -> Iterator[RenderableType]:
    if not proposals:
        yield "No proposal here."
        return
    grid = table("Proposal", "Version", "Status", "Waiting for", ids_in="Proposal")
    present = now()
    for proposal in proposals:
        asset = Text(name_of(proposal.asset)).append("\n").append_text(identifier(proposal.id))
        grid.add_row(
            asset, proposal.version or "", state(proposal.status), _rest(proposal, present)
        )
    yield grid


def _rest(proposal: Proposal, present: datetime) -> Text:
    """What a list says last about a proposal: who is waited for and until when, or how it ended."""
    if not is_open(proposal):
        return Text(when(proposal.ended_at, present), style="dim")
    text = Text(waiting_for(proposal) or "nobody")
    deadline = when(proposal.deadline_at, present)
    return text.append(f"\n{deadline}" if deadline else "", style="dim")


def proposal_shown(proposal: Proposal) -> Iterator[RenderableType]:
    present = now()
    title = f"{name_of(proposal.asset)}  {versions_of(proposal)}  "
    yield Text.assemble((title, "bold"), state(proposal.status))
    yield Facts(_proposal_facts(proposal, present))
    yield Text()
    yield from change_list(proposal.changes)
    yield from party_table(proposal)
    yield from _remarks(proposal)


def _proposal_facts(
    proposal: Proposal, present: datetime
) -> Iterator[tuple[str, str | Text | None]]:
    yield "Proposed by", proposal.producer.name
    yield "Opened", when(proposal.created_at, present)
    if is_open(proposal):
        yield "Deadline", when(proposal.deadline_at, present)
        yield "Publishes", when(proposal.publish_at, present) or None
    else:
        yield "Ended", when(proposal.ended_at, present)
        yield "Because", (proposal.cause or "").replace("_", " ")
    given = proposal.extended_by
    yield "Given beyond that", given if given and given != "PT0S" else None
    yield "Time to answer", _time(proposal)
    yield "Revision", str(proposal.revision) if proposal.revision > 1 else None
    yield "Release", identifier(proposal.release_id) if proposal.release_id else None
    yield "Id", identifier(proposal.id)
    yield "Page", proposal.links.page
    yield "Temporal", proposal.links.temporal


def _time(proposal: Proposal) -> str | None:
    timeline = proposal.policy.timeline
    if timeline.deadline is None:
        return None
    working = ", in working days of who is asked" if timeline.days == "working" else ""
    return f"{spelled(timeline.deadline)}{working}; silence: {timeline.on_deadline}"


def party_table(proposal: Proposal) -> Iterator[RenderableType]:
    if proposal.parties:
        yield heading("Asked")
        grid = table("Team", "Answer", "Due", "Why and what they say")
        present = now()
        for party in proposal.parties:
            grid.add_row(party.team.name, answer(party), _due(party, present), _words_of(party))
        yield indented(grid, below=1)
        yield from _coming(proposal, present)
    elif is_open(proposal):
        yield "  Nobody is registered for what breaks, so nobody is asked."
    if proposal.told:
        names = ", ".join(team.name for team in proposal.told)
        yield Text.assemble(("Told only: ", "bold"), names)
        yield Text()
    for each in proposal.objections:
        yield Text.assemble((f"{each.team.name} objects: ", "bold"), f"“{each.reason}”")
    if proposal.objections:
        yield Text()


_COMING = {
    "remind": "reminded",
    "escalate": "told that it is overdue",
    "escalate_owners": "told as owners",
    "escalate_fallback": "told as the fallback",
}


def _coming(proposal: Proposal, present: datetime) -> Iterator[RenderableType]:
    """Who is told what next about whom, if nobody says anything."""
    coming = [(party, each) for party in proposal.parties for each in party.next]
    if not coming:
        return
    yield heading("If nobody says anything")
    grid = table("When", "About", "Who")
    for party, each in sorted(coming, key=lambda found: found[1].at)[:_COMING_SHOWN]:
        is_told = f"{'are' if len(each.to) > 1 else 'is'} {_COMING.get(each.kind, each.kind)}"
        grid.add_row(when(each.at, present), party.team.name, f"{', '.join(each.to)} {is_told}")
    yield indented(grid, below=1)


def answer(party: Party) -> Text:
    sign, style = ANSWER_LOOKS.get(party.state, UNKNOWN_LOOK)
    return Text(f"{sign} {plain_answer(party.state)}", style=style)


def _due(party: Party, present: datetime) -> str:
    if party.state == "approved" or party.state == "blocked":
        return ""
    return when(party.until or party.due_at, present)


def _words_of(party: Party) -> Text:
    text = prose(party.reason or "", "dim")
    if party.delegate is not None:
        text.append(f"\nhanded to {party.delegate.name}")
    if party.calendar is not None:
        text.append(f"\n{_working(party.calendar)}", style="dim")
    if party.note:
        text.append("\n" if text else "").append(f"“{party.note}”")
    if party.earlier is not None:
        text.append("\n" if text else "").append(_said_before(party.earlier), style="dim")
    return text


def _said_before(earlier: EarlierAnswer) -> str:
    said = plain_answer(earlier.response)
    if earlier.carried:
        return f"answered {said} to the same before, which counts again"
    return f"answered {said} to the same before, and is asked again"


def _working(calendar: Calendar) -> str:
    """Whose working days count, and which of them are free until its time is up."""
    free = ", ".join(day.strftime("%-d %b") for day in (*calendar.holidays, *calendar.days_off))
    hours = f"works {calendar.opens} to {calendar.closes} in {calendar.time_zone}"
    return f"{hours}; free: {free}" if free else hours


def _remarks(proposal: Proposal) -> Iterator[RenderableType]:
    name = name_of(proposal.asset)
    if proposal.stuck:
        reason = f": {proposal.stuck}" if isinstance(proposal.stuck, str) else "."
        yield Text(f"! It is stuck{reason}", style="bold red")
    if proposal.force_requested and not proposal.forced and is_open(proposal):
        who = proposal.force_requested.by
        yield Text(f"! {who} wants to force it; a second administrator has to say the same.")
        yield CommandLine(f"tessera proposal force {name} --reason WHY")
    if proposal.confirmation_needed:
        yield Text("! The active contract changed meanwhile: the producer must confirm.")
        yield CommandLine(f"tessera proposal confirm {name}")
    elif proposal.base_moved and is_open(proposal):
        yield Text("  The active contract changed since this was proposed.", style="dim")
    if proposal.status == ProposalStatus.PENDING and proposal.pending:
        team = shlex.quote(proposal.pending[0].name)
        yield Text("Answer with", style="bold")
        answering = f"tessera proposal acknowledge {name} --team {team}"
        for words in ("ready", "needs-time --until +7d", "blocked --note WHY"):
            yield CommandLine(f"{answering} {words}")


def following(name: str, proposal: Proposal) -> Iterator[RenderableType]:
    """Where to watch a proposal that was just made."""
    yield facts(
        ("Proposal", identifier(proposal.id)),
        ("Status", state(proposal.status)),
        ("Deadline", when(proposal.deadline_at, now()) if is_open(proposal) else None),
        ("Page", proposal.links.page),
        ("Temporal", proposal.links.temporal),
        ("Look", f"tessera proposal show {name}"),
    )


def step_taken(sentence: str, proposal: Proposal) -> Iterator[RenderableType]:
    """What a command did, then how the proposal stands."""
    yield done(sentence)
    standing = Text("  Proposal: ").append_text(state(proposal.status))
    if proposal.status == ProposalStatus.PENDING:
        rest = waiting_for(proposal)
        standing.append(f", waiting for {rest}" if rest else ", all answers are in")
    elif proposal.status == ProposalStatus.PUBLISHED:
        standing.append(f" as {proposal.version}" if proposal.version else "")
    yield standing


def answered(
    team: str, response: Response, until: datetime | None, proposal: Proposal
) -> Iterator[RenderableType]:
    sentence = {
        Response.APPROVED: f"`{team}` is ready.",
        Response.MIGRATING: f"`{team}` needs time.",
        Response.BLOCKED: f"`{team}` blocks the change.",
    }[response]
    if until is not None and response == Response.MIGRATING:
        sentence = f"`{team}` needs time until {day(until, now())}."
    yield from step_taken(sentence, proposal)
