"""Templates to answers. Everything that comes from people is escaped, and its direction isolated.

A name that is not there is an error (`StrictUndefined`), never an empty place on a page.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from api.ui import records, static_files, times, words
from domain.actors import ActorKind
from domain.authorization import Principal, Resource, allows
from domain.permissions import Action
from domain.team_policies import TeamPolicy, may_answer
from domain.teams import Team

if TYPE_CHECKING:
    from jinja2 import Environment

    from api.party_views import PartyView
    from api.ui.reading import PartyLine

_CODE = re.compile(r"`([^`]+)`")
_TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""The characters that do nothing but turn the direction of a text."""
_TURNING = re.compile(f"[{_TURNS}]+")
_LEFTWARD = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
"""The letters of the scripts that are written from the right to the left."""
_ISOLATED = re.compile(f"[{_TURNS}]+|[{_LEFTWARD}]+(?:[ ]+[{_LEFTWARD}]+)*")
_LONGEST_VALUE = 600


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page, and what is offered to them; the routes decide again."""

    principal: Principal

    @property
    def signed_in(self) -> bool:
        return self.principal.actor.kind is not ActorKind.ANONYMOUS

    @property
    def name(self) -> str:
        return self.principal.actor.name

    @property
    def known_by(self) -> str:
        return "with the" if self.principal.actor.kind is ActorKind.KEY else "as"

    @property
    def administers(self) -> bool:
        """Whether the pages of administration are theirs; others are led to one from a team's."""
        return self.principal.may_all

    def may(self, action: str, team_id: UUID | None = None) -> bool:
        return allows(self.principal, Action(action), Resource(noun="a proposal", team_id=team_id))

    def speaks_for(self, teams: Iterable[Team]) -> list[Team]:
        """Return the teams for which a comment is taken from who looks at the page."""
        return [each for each in teams if self.may(Action.COMMENT, each.id)]

    def answers_for(self, parties: Iterable["PartyLine"]) -> list["PartyLine"]:
        """Return the parties for which an answer is taken from who looks at the page."""
        return [each for each in parties if self._may_answer(each.view)]

    def _may_answer(self, party: "PartyView") -> bool:
        team_id, delegate = party.team.id, party.delegate
        rule = TeamPolicy(who_answers=party.who_answers, answerers=tuple(party.answerers))
        return self.may(Action.ACKNOWLEDGE, team_id) and may_answer(
            self.principal, team_id, rule, None if delegate is None else delegate.id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What keeps a page live: its own address, and the stream of what may change it.

    Without a stream it is fetched again every minute, and soon as long as it says `data-soon`.
    """

    page: str
    stream: str = ""


def page(
    request: Request, template: str, context: Mapping[str, object], status: int = 200
) -> HTMLResponse:
    """Return a page for who sends this request."""
    return HTMLResponse(page_text(request, template, context), status_code=status)


def page_text(request: Request, template: str, context: Mapping[str, object]) -> str:
    """Return the text of a page for who sends this request."""
    viewer = Viewer(request.state.principal)
    path = request.url.path
    return rendered(template, {"viewer": viewer, "path": path, "live": None, **context})


def rendered(template: str, context: Mapping[str, object]) -> str:
    """Return a template filled in."""
    return _environment().get_template(template).render(context)


def _prose(sentence: str) -> Markup:
    """One of our sentences with other people's names in it: `code` becomes code."""
    parts: list[str] = []
    at = 0
    for found in _CODE.finditer(sentence):
        parts += [_isolated(sentence[at : found.start()]), f"<code>{escape(found[1])}</code>"]
        at = found.end()
    parts.append(_isolated(sentence[at:]))
    return Markup(f'<span dir="ltr">{"".join(parts)}</span>')


def _isolated(text: str) -> str:
    """HTML of a text of which nothing turns the direction of what stands after it."""
    parts: list[str] = []
    at = 0
    for found in _ISOLATED.finditer(text):
        parts += [escape(text[at : found.start()]), _name(found[0])]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def _undirected(text: str) -> str:
    """Text for where there can be no elements: without the characters that turn its direction."""
    return _TURNING.sub("", text)


def _name(text: str) -> Markup:
    return Markup(f"<bdi>{escape(text)}</bdi>")


def _when(at: datetime, now: datetime) -> Markup:
    """The time itself, and how far away it is; the latter grows old, which `live.js` knows."""
    return Markup(
        f'<time datetime="{times.machine(at)}">{times.absolute(at)}</time>'
        f' <span class="away" data-away>({times.relative(at, now)})</span>'
    )


def _exact(at: datetime) -> Markup:
    """The time to the second, for what is printed and grows no older."""
    return Markup(f'<time datetime="{times.machine(at)}">{times.exact(at)}</time>')


def _away(at: datetime, now: datetime) -> Markup:
    return Markup(
        f'<time datetime="{times.machine(at)}" title="{times.absolute(at)}" data-away>'
        f"{times.relative(at, now)}</time>"
    )


def _value(value: object) -> Markup:
    """A value of a schema in one line; a long one is cut, the whole one is in the schema."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST_VALUE:
        text = text[:_LONGEST_VALUE] + " …"
    return escape(text)


@cache
def _environment() -> "Environment":
    """Made for the first page: a process that serves programs alone does without 2 MiB."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        prose=_prose,
        name=_name,
        undirected=_undirected,
        when=_when,
        value=_value,
        absolute=times.absolute,
        away=_away,
        exact=_exact,
        machine=times.machine,
        spoken=times.spoken,
        kind=words.kind,
        directions=words.directions,
        marked=records.marked,
        pretty=records.pretty,
    )
    environment.globals.update(
        address=static_files.address,
        counted=words.counted,
        once=lambda: uuid4().hex,
        CAUSE=words.CAUSE,
        CHANNEL=words.CHANNEL,
        COMING=words.COMING,
        DELIVERY=words.DELIVERY,
        GROUP=words.GROUP,
        NOTICE=words.NOTICE,
        ORIGIN=words.ORIGIN,
        PARTY_STATE=words.PARTY_STATE,
        SILENCE=words.SILENCE,
        STANDING=words.STANDING,
        STATUS=words.STATUS,
    )
    return environment
