"""What the stand-in knows: rows in memory, listings with filters and pages, scripted outcomes."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from standin.http import Answer, Document, Reply, Request, Stream, problem

Handler = Callable[..., Answer]
PREFIX = "/api/v1"
HOOK: Document = {
    "id": "01939a10-0000-7000-8000-0000000000aa",
    "kind": "webhook",
    "name": "webhook",
    "pace": "at_once",
    "subscription": {"events": [], "assets": [], "severity": "info"},
}
CREATED_AT = "2026-11-20T08:00:00Z"


@dataclass
class Tessera:
    teams: list[Document] = field(default_factory=list)
    assets: list[Document] = field(default_factory=list)
    contracts: list[Document] = field(default_factory=list)
    registrations: list[Document] = field(default_factory=list)
    proposals: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    deliveries: list[Document] = field(default_factory=list)
    stewards: list[Document] = field(default_factory=list)
    said: list[Document] = field(default_factory=list)
    """What listings of comments, objections and dependencies have."""
    bulk: Document = field(default_factory=lambda: {"items": []})
    bulks: list[Reply] = field(default_factory=list)
    """What the next requests about many are answered, one after the other, before `bulk`."""
    release: Document = field(default_factory=dict)
    policy: Document = field(default_factory=dict)
    team_policy: Document = field(default_factory=lambda: {"observe": None})
    inbox: Document = field(default_factory=dict)
    proof: Document = field(default_factory=dict)
    report: Document = field(default_factory=dict)
    following: dict[str, Document] = field(default_factory=dict)
    """The later pages of the report, by cursor."""
    diff: Document = field(default_factory=lambda: {"changes": []})
    comparison: Document = field(default_factory=lambda: {"changes": []})
    publish_reply: Reply | None = None
    after_step: Document = field(default_factory=dict)
    preview: Document = field(default_factory=dict)
    """What the next step does to its proposal."""
    stream_sizes: list[int] = field(default_factory=list)
    """How many events each connection of the stream carries before it breaks; then it holds."""
    _first_replies: dict[str, Answer] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key")
        if key in self._first_replies:
            return self._first_replies[key]
        reply = self._route(request)
        if key is not None:
            self._first_replies[key] = reply
        return reply

    def _route(self, request: Request) -> Answer:
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(PREFIX + pattern, request.path)
            if match and method == request.method:
                return handler(self, request, **match.groupdict())
        return problem(404, "not_found", "Not found", f"There is no {request.path}.")

    # --- reading -------------------------------------------------------------------------------

    def listed(self, request: Request, noun: str) -> Answer:
        rows: list[Document] = getattr(self, noun)
        found = [row for row in rows if matches(row, request.query)]
        start = int(request.query.get("cursor", "0"))
        end = start + int(request.query.get("limit", "50"))
        more = str(end) if end < len(found) else None
        return Reply(200, {"items": [*found[start:end]], "next": more})

    def one(self, _: Request, noun: str, id: str) -> Answer:  # noqa: A002
        for row in getattr(self, noun):
            if row["id"] == id:
                return Reply(200, row)
        return problem(404, "not_found", "Not found", f"There is no {noun[:-1]} {id}.")

    def contracts_of(self, request: Request, id: str) -> Answer:  # noqa: A002
        request = Request(
            "GET", request.path, {**request.query, "asset_id": id}, request.headers, None
        )
        return self.listed(request, "contracts")

    def stewards_of(self, request: Request, id: str) -> Answer:  # noqa: A002
        return self.listed(request, "stewards")

    def shown_policy(self, request: Request, id: str) -> Answer:  # noqa: A002
        if request.method == "PATCH":
            self.policy.update(request.document)
        return Reply(200, self.policy)

    def shown_team_policy(self, request: Request, id: str) -> Answer:  # noqa: A002
        if request.method == "PATCH":
            self.team_policy.update(request.document)
        return Reply(200, self.team_policy)

    def diffed(self, _: Request, id: str) -> Answer:  # noqa: A002
        return Reply(200, self.diff)

    def waiting(self, _: Request) -> Answer:
        return Reply(200, self.inbox)

    def proved(self, _: Request, id: str) -> Answer:  # noqa: A002
        return Reply(200, self.proof)

    def reported(self, request: Request) -> Answer:
        return Reply(200, self.following.get(request.query.get("cursor", ""), self.report))

    def compared(self, _: Request) -> Answer:
        return Reply(200, self.comparison)

    # --- writing -------------------------------------------------------------------------------

    def created(self, request: Request, noun: str) -> Answer:
        rows: list[Document] = getattr(self, noun)
        name = request.document.get("name")
        if noun == "teams" and any(row["name"] == name for row in rows):
            return problem(409, "conflict", "Exists already", f"A team is called `{name}` already.")
        row: Document = {"id": str(uuid4()), "created_at": CREATED_AT, **request.document}
        rows.insert(0, row)
        return Reply(201, row)

    def removed(self, _: Request, noun: str, id: str) -> Answer:  # noqa: A002
        rows: list[Document] = getattr(self, noun)
        before = len(rows)
        rows[:] = [row for row in rows if row["id"] != id]
        if len(rows) == before:
            return problem(404, "not_found", "Not found", f"There is no {noun[:-1]} {id}.")
        return Reply(204)

    def changed(self, request: Request, id: str) -> Answer:  # noqa: A002
        for row in (*self.teams, *self.assets):
            if row["id"] == id:
                row.update({key: value for key, value in request.document.items() if key != "into"})
                return Reply(200, row)
        return problem(404, "not_found", "Not found", f"There is no {id}.")

    def done_to_many(self, _: Request) -> Answer:
        return self.bulks.pop(0) if self.bulks else Reply(200, self.bulk)

    def released(self, request: Request, **_: str) -> Answer:
        if request.path.endswith("/releases") and request.method == "GET":
            return Reply(200, {"items": [self.release], "next": None})
        return Reply(200, self.release)

    def published(self, _: Request, id: str) -> Answer:  # noqa: A002
        assert self.publish_reply is not None, "say what publishing does: publish_reply"
        return self.publish_reply

    def stepped(self, request: Request, id: str, step: str) -> Answer:  # noqa: A002
        if request.query.get("dry_run") == "true":
            return Reply(200, self.preview)
        for proposal in self.proposals:
            if proposal["id"] == id:
                proposal.update(self.after_step)
                return Reply(200, proposal)
        return problem(404, "not_found", "Not found", f"There is no proposal {id}.")

    def beside(self, request: Request, id: str) -> Answer:  # noqa: A002
        if request.method == "GET":
            return Reply(200, {"items": [*self.said], "next": None})
        if request.method == "DELETE":
            return Reply(204)
        team = next((row for row in self.teams if row["id"] == request.document.get("team_id")), {})
        return Reply(201, {**self.said[0], **request.document, "team": team})

    def destinations(self, _: Request, id: str) -> Answer:  # noqa: A002
        return Reply(200, {"items": [{**HOOK, "disabled_at": CREATED_AT}]})

    def destination(self, request: Request, id: str) -> Answer:  # noqa: A002
        if request.method == "DELETE":
            return Reply(204)
        if request.method == "GET":
            return Reply(200, {**HOOK, "address": "https://hooks.example.com/known"})
        made = {} if "secret" in request.document else {"secret": "whsec_made"}
        return Reply(200, {**HOOK, **made, **request.document})

    def acted(self, request: Request, id: str, step: str) -> Answer:  # noqa: A002
        if step == "ping":
            return Reply(202, self.deliveries[0])
        if step == "replay":
            return Reply(202, {"replayed": 3, "remaining": 1})
        return Reply(200, {**HOOK, "secret": "whsec_new", "overlap_until": "2030-01-01T00:00:00Z"})

    def sent_again(self, _: Request, id: str) -> Answer:  # noqa: A002
        return Reply(202, self.deliveries[0])

    # --- the stream ----------------------------------------------------------------------------

    def streamed(self, request: Request) -> Answer:
        seen = request.headers.get("last-event-id")
        ids = [event["id"] for event in self.events]
        fresh = self.events[ids.index(seen) + 1 :] if seen in ids else self.events
        size = self.stream_sizes.pop(0) if self.stream_sizes else None
        pieces = [b"retry: 10\n\n", b": hello\n\n"]
        for event in fresh[:size]:
            lines = f"id: {event['id']}\nevent: {event['type']}\ndata: {json.dumps(event)}\n\n"
            pieces.append(lines.encode())
        if size is not None:
            pieces.append(b'id: lost\ndata: {"id": "lost", "ty')
        return Stream(tuple(pieces), hold=size is None)


def matches(row: Document, query: object) -> bool:
    assert isinstance(query, dict)
    unseen = ("cursor", "limit", "q", "deleted")
    filters = {key: value for key, value in query.items() if key not in unseen}
    return all(row.get(key) == value for key, value in filters.items())


def bound(handler: Handler, **known: str) -> Handler:
    return lambda tessera, request, **found: handler(tessera, request, **known, **found)


ID = r"(?P<id>[^/]+)"
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/events/stream", Tessera.streamed),
    ("POST", "/compare", Tessera.compared),
    ("GET", "/inbox", Tessera.waiting),
    ("GET", f"/proposals/{ID}/proof", Tessera.proved),
    ("GET", "/reports/[a-z-]+", Tessera.reported),
    ("POST", f"/assets/{ID}/contracts", Tessera.published),
    ("GET", f"/assets/{ID}/contracts", Tessera.contracts_of),
    ("GET", f"/assets/{ID}/policy", Tessera.shown_policy),
    ("PATCH", f"/assets/{ID}/policy", Tessera.shown_policy),
    *((method, f"/teams/{ID}/policy", Tessera.shown_team_policy) for method in ("GET", "PATCH")),
    ("GET", f"/assets/{ID}/diff", Tessera.diffed),
    ("GET", f"/assets/{ID}/stewards", Tessera.stewards_of),
    ("POST", "/assets/bulk/[a-z]+", Tessera.done_to_many),
    ("POST", "/contracts/bulk/publish", Tessera.done_to_many),
    *((method, "/releases(?:/.*)?", Tessera.released) for method in ("GET", "POST", "DELETE")),
    *((method, f"/(?:teams|assets)/{ID}", Tessera.changed) for method in ("PATCH",)),
    ("POST", f"/(?:teams|assets)/{ID}/(?:restore|merge)", Tessera.changed),
    ("GET", f"/contracts/{ID}/diff", Tessera.diffed),
    *(
        (method, f"/proposals/{ID}/(?:comments|objections)", Tessera.beside)
        for method in ("GET", "POST")
    ),
    ("GET", f"/assets/{ID}/dependencies", Tessera.beside),
    *((method, f"/assets/{ID}/dependencies/[^/]+", Tessera.beside) for method in ("PUT", "DELETE")),
    ("POST", f"/proposals/{ID}/(?P<step>[a-z-]+)", Tessera.stepped),
    *(
        (method, f"/(?:teams|users)/{ID}/destinations/[a-z]+", Tessera.destination)
        for method in ("GET", "PUT", "DELETE")
    ),
    ("GET", f"/(?:teams|users)/{ID}/destinations", Tessera.destinations),
    ("POST", f"/destinations/{ID}/(?P<step>[a-z-]+)", Tessera.acted),
    ("POST", f"/deliveries/{ID}/replay", Tessera.sent_again),
]
for plural in (
    "teams",
    "assets",
    "contracts",
    "registrations",
    "proposals",
    "events",
    "deliveries",
):
    ROUTES.append(("GET", f"/{plural}", bound(Tessera.listed, noun=plural)))
    ROUTES.append(("GET", f"/{plural}/{ID}", bound(Tessera.one, noun=plural)))
    ROUTES.append(("POST", f"/{plural}", bound(Tessera.created, noun=plural)))
    ROUTES.append(("DELETE", f"/{plural}/{ID}", bound(Tessera.removed, noun=plural)))
