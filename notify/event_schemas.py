"""The JSON Schema of every body that a webhook receives, kind by kind.

Members may be added to a version, so nothing here forbids others; whoever writes a receiver ignores
what it does not know. What is taken away or changes its meaning makes a new version.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from domain.acknowledgments import Response
from domain.actors import ActorKind
from domain.destinations import DestinationKind
from domain.event_kinds import SENT
from domain.events import PROVEN, EventType
from domain.json_types import JsonObject
from domain.proposals import Cause, ProposalStatus
from domain.retirements import RetirementCause, RetirementStatus
from notify.messages import DIGEST, DIGEST_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _object(optional: Iterable[str] = (), /, **members: JsonObject) -> JsonObject:
    left_out = frozenset(optional)
    required = [name for name in members if name not in left_out]
    return {"type": "object", "properties": members, "required": required}


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _or_null(schema: JsonObject) -> JsonObject:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(words: type[StrEnum]) -> JsonObject:
    return {"type": "string", "enum": [word.value for word in words]}


_TEXT: JsonObject = {"type": "string"}
_YES: JsonObject = {"type": "boolean"}
_NUMBER: JsonObject = {"type": "integer"}
_ID: JsonObject = {"type": "string", "format": "uuid"}
_MOMENT: JsonObject = {"type": "string", "format": "date-time"}
_LINK: JsonObject = {"type": "string", "format": "uri"}
_SENTENCES = _list(_TEXT)
_STATUS, _CAUSE = _one_of(ProposalStatus), _one_of(Cause)

_FACTS: Mapping[str, JsonObject] = {
    "status": _STATUS,
    "cause": _or_null(_CAUSE),
    "revision": _NUMBER,
    "version": _TEXT,
    "base_version": _or_null(_TEXT),
    "base_moved": _YES,
    "content_hash": _TEXT,
    "confirmation_asked": _YES,
    "confirmed_base": _or_null(_ID),
    "withdrawn": _YES,
    "cancelled": _YES,
    "force_requested": _YES,
    "forced": _YES,
    "publish_requested": _YES,
    "extended_by": _TEXT,
    "publish_at": _or_null(_MOMENT),
    "stuck": _or_null(_TEXT),
}
_CHANGED: Mapping[str, JsonObject] = {
    name: _or_null(_object(_FACTS, **_FACTS)) for name in ("before", "after")
}
"""Of a proposal only what differs; null where there was none."""


def _before_and_after(**members: JsonObject) -> Mapping[str, JsonObject]:
    return {"before": _object(**members), "after": _object(**members)}


_PLACE: Mapping[str, JsonObject] = {
    "destination_id": _ID,
    "user_id": _or_null(_ID),
    "kind": _one_of(DestinationKind),
    "name": _TEXT,
}
_ANSWER: Mapping[str, JsonObject] = {
    "response": _one_of(Response),
    "note": _or_null(_TEXT),
    "until": _or_null(_MOMENT),
    "revision": _NUMBER,
}
_NOTICE = _object(
    revision=_NUMBER, ordinal=_NUMBER, reason=_TEXT, breaking=_SENTENCES, due_at=_MOMENT
)
_DECISION = _object(
    status=_STATUS,
    cause=_CAUSE,
    version=_TEXT,
    revision=_NUMBER,
    pending=_list(_TEXT),
    **_CHANGED,
)
_REBASED = _object(revision=_NUMBER, base_version=_or_null(_TEXT), **_CHANGED)
_TROUBLE = _object(error=_or_null(_TEXT), **_CHANGED)
_SAID = _object(reason=_or_null(_TEXT), **_CHANGED)
_END_FACTS: Mapping[str, JsonObject] = {
    "status": _one_of(RetirementStatus),
    "cause": _or_null(_one_of(RetirementCause)),
    "revision": _NUMBER,
    "sunset_at": _MOMENT,
    "stuck": _or_null(_TEXT),
}
_VERSION: Mapping[str, JsonObject] = {"contract_id": _ID, "version": _TEXT}
_END_CHANGED: Mapping[str, JsonObject] = {
    name: _or_null(_object(_END_FACTS, **_END_FACTS)) for name in ("before", "after")
}
_END_NOTICE = _object(
    **_VERSION,
    revision=_NUMBER,
    ordinal=_NUMBER,
    reason=_TEXT,
    sunset_at=_MOMENT,
    due_at=_MOMENT,
    latest_until=_MOMENT,
)
_MOVER_SAYS: Mapping[str, JsonObject] = {"moved": _YES, "until": _or_null(_MOMENT)}
_MOVING = _object(
    **_VERSION, **_MOVER_SAYS, note=_or_null(_TEXT), **_before_and_after(**_MOVER_SAYS)
)
_END_TROUBLE = _object(**_VERSION, error=_or_null(_TEXT), **_END_CHANGED)
_LIFE = _object(**_before_and_after(deleted=_YES))

DETAILS: Mapping[EventType, JsonObject] = {
    EventType.ASSET_REASSIGNED: _object(**_before_and_after(owner_team_id=_ID, owner=_TEXT)),
    EventType.ASSET_DELETED: _LIFE,
    EventType.ASSET_RESTORED: _LIFE,
    EventType.DESTINATION_DISABLED: _object(
        **_PLACE, error=_or_null(_TEXT), **_before_and_after(disabled=_YES)
    ),
    EventType.DESTINATION_PINGED: _object(**_PLACE),
    EventType.CONTRACT_PUBLISHED: _object(
        contract_id=_ID,
        version=_TEXT,
        replaces=_or_null(_TEXT),
        before=_or_null(_object(active_version=_TEXT)),
        after=_object(active_version=_TEXT, content_hash=_TEXT),
    ),
    EventType.CONSUMERS_TOLD: _object(
        version=_TEXT, told=_list(_object(team_id=_ID, reason=_TEXT, breaking=_SENTENCES))
    ),
    EventType.REGISTRATION_REASSIGNED: _object(
        reason=_TEXT, **_before_and_after(team_id=_ID, team=_TEXT, registration={"type": "object"})
    ),
    EventType.PROPOSAL_OPENED: _object(
        version=_TEXT,
        base_version=_or_null(_TEXT),
        breaking=_SENTENCES,
        asked=_list(_ID),
        **_CHANGED,
    ),
    EventType.PROPOSAL_ASKED: _NOTICE,
    EventType.PROPOSAL_REMINDED: _NOTICE,
    EventType.PROPOSAL_ESCALATED: _NOTICE,
    EventType.ESCALATED_TO_OWNERS: _NOTICE,
    EventType.ESCALATED_TO_FALLBACK: _NOTICE,
    EventType.PARTY_UNREACHABLE: _NOTICE,
    EventType.DELEGATED: _object(
        revision=_NUMBER,
        reason=_TEXT,
        breaking=_SENTENCES,
        due_at=_MOMENT,
        **_before_and_after(delegate=_or_null(_TEXT), delegate_id=_or_null(_ID)),
    ),
    EventType.ACKNOWLEDGED: _object(
        **_ANSWER, changes_hash=_TEXT, before=_or_null(_object(**_ANSWER)), after=_object(**_ANSWER)
    ),
    EventType.EXTENDED: _SAID,
    EventType.FORCE_REQUESTED: _SAID,
    EventType.FORCE_RECORDED: _SAID,
    EventType.BASE_MOVED: _object(base_version=_or_null(_TEXT), active_version=_TEXT, **_CHANGED),
    EventType.REVISED: _REBASED,
    EventType.REOPENED: _REBASED,
    EventType.REVISION_RECORDED: _object(
        revision=_NUMBER,
        version=_TEXT,
        base_version=_or_null(_TEXT),
        breaking=_SENTENCES,
        asked=_list(_ID),
        kept=_list(_ID),
        released=_list(_ID),
        **_CHANGED,
    ),
    EventType.ANSWER_CARRIED: _object(
        **_ANSWER,
        changes_hash=_TEXT,
        from_proposal_id=_ID,
        answered_at=_MOMENT,
        answered_by=_TEXT,
        before=_or_null(_object(**_ANSWER)),
        after=_object(**_ANSWER),
    ),
    EventType.COMMENTED: _object(
        comment_id=_ID,
        thread_id=_ID,
        reply_to=_or_null(_ID),
        text=_TEXT,
        before=_or_null(_object()),
        after=_object(text=_TEXT),
    ),
    EventType.OBJECTED: _object(
        objection_id=_ID,
        reason=_TEXT,
        assets=_list(_TEXT),
        before=_or_null(_object()),
        after=_object(reason=_TEXT),
    ),
    EventType.DOWNSTREAM_TOLD: _object(
        version=_TEXT,
        breaking=_SENTENCES,
        told=_list(_object(team_id=_ID, assets=_list(_TEXT))),
    ),
    EventType.CONFIRMATION_ASKED: _object(breaking=_SENTENCES, **_CHANGED),
    EventType.PROPOSAL_APPROVED: _DECISION,
    EventType.PROPOSAL_PUBLISHED: _DECISION,
    EventType.PROPOSAL_REJECTED: _DECISION,
    EventType.PROPOSAL_WITHDRAWN: _DECISION,
    EventType.PROPOSAL_EXPIRED: _DECISION,
    EventType.RETIREMENT_SET: _object(
        **_VERSION,
        sunset_at=_MOMENT,
        reason=_or_null(_TEXT),
        movers=_list(_ID),
        **_END_CHANGED,
    ),
    EventType.RETIREMENT_ASKED: _END_NOTICE,
    EventType.RETIREMENT_REMINDED: _END_NOTICE,
    EventType.RETIREMENT_ESCALATED: _END_NOTICE,
    EventType.MOVER_UNREACHABLE: _END_NOTICE,
    EventType.MOVED: _MOVING,
    EventType.RETIREMENT_EXTENDED: _MOVING,
    EventType.RETIREMENT_CANCELLED: _object(**_VERSION, reason=_or_null(_TEXT), **_END_CHANGED),
    EventType.CONTRACT_RETIRED: _object(**_VERSION, still_on=_list(_TEXT), **_END_CHANGED),
    EventType.RETIREMENT_STUCK: _END_TROUBLE,
    EventType.RETIREMENT_UNSTUCK: _END_TROUBLE,
    EventType.STUCK: _TROUBLE,
    EventType.UNSTUCK: _TROUBLE,
    EventType.OUTBOX_PARKED: _object(outbox_id=_NUMBER, kind=_TEXT, error=_TEXT),
}
"""What stands in `data.details`."""

_ANY: JsonObject = {}
_WITNESS = _object(instance=_ANY, direction=_TEXT, valid_before=_YES, valid_after=_YES)
_SUGGESTION = _object(sentence=_TEXT, document=_TEXT, patch=_list({"type": "object"}))
_CHANGE = _object(
    kind=_TEXT,
    path=_TEXT,
    before=_ANY,
    after=_ANY,
    breaks_backward=_YES,
    breaks_forward=_YES,
    undecided=_YES,
    sentence=_TEXT,
    also=_list(_TEXT),
    witness=_or_null(_WITNESS),
    suggestion=_or_null(_SUGGESTION),
)
_ASSET = _object(
    id=_or_null(_ID),
    fqn=_or_null(_TEXT),
    environment=_or_null(_TEXT),
    producer=_or_null(_TEXT),
)
_PROPOSAL = _object(
    id=_ID,
    status=_or_null(_STATUS),
    version=_or_null(_TEXT),
    links=_object(page=_LINK, api=_LINK),
)


def schema_of(type_: EventType) -> JsonObject:
    """Return the JSON Schema of a body of this type, which is one of `SENT`."""
    kind = SENT[type_]
    proven = {"changes": _or_null(_list(_CHANGE))} if type_ in PROVEN else {}
    content = _object(
        ("changes", "left_out"),
        id=_ID,
        sequence=_NUMBER,
        summary=_TEXT,
        actor=_object(kind=_one_of(ActorKind), name=_TEXT),
        team_id=_or_null(_ID),
        asset=_ASSET,
        proposal=_or_null(_PROPOSAL),
        details={"type": "object"},
        left_out=_list({"enum": ["changes", "details"]}),
        **proven,
    )
    content["if"] = {"required": ["left_out"]}
    content["else"] = {"properties": {"details": DETAILS[type_]}}
    return {
        "$schema": DIALECT,
        "$id": f"urn:tessera:event:{type_.value}:{kind.version}",
        "title": type_.value,
        "description": kind.says,
        **_object(
            type={"const": type_.value},
            version={"const": kind.version},
            timestamp=_MOMENT,
            data=content,
        ),
    }


def digest_schema() -> JsonObject:
    """Return the JSON Schema of a digest: its events are what each would be by itself."""
    bodies = {type_.value: schema_of(type_) for type_ in SENT}
    events = _list({"anyOf": [{"$ref": body["$id"]} for body in bodies.values()]})
    return {
        "$schema": DIALECT,
        "$id": f"urn:tessera:{DIGEST}:{DIGEST_VERSION}",
        "title": DIGEST,
        "description": "Several events in one body, the oldest first.",
        **_object(
            type={"const": DIGEST},
            version={"const": DIGEST_VERSION},
            timestamp=_MOMENT,
            data=_object(events={**events, "minItems": 2}),
        ),
        "$defs": bodies,
    }
