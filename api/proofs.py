"""The proof of a proposal: one document that can be held against the log."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.call import Call, May
from api.event_views import ActorView
from api.evidence import beside
from api.proof_views import (
    AskedView,
    CheckView,
    ContentView,
    GivenView,
    LoggedView,
    ProofView,
    SaidView,
    SealView,
    ToldView,
)
from api.proposal_views import ProposalView, views_of
from api.remark_views import RemarkView
from api.retirements import RetirementView
from api.routing import TesseraRoute
from api.views import TeamRef
from domain.comparison import Evidence
from domain.errors import Unavailable
from domain.events import EventType
from domain.parties import NoticeKind
from domain.permissions import Action
from domain.proofs import FORM, Asked
from domain.proposals import Proposal, asked_about
from record import proofs
from record.proofs import Proof
from store.transaction import Transaction

router = APIRouter(prefix="/proposals", tags=["proposals"], route_class=TesseraRoute)

DECREES = ("withdrawn", "cancelled", "force_requested", "forced", "publish_requested")
ESCALATIONS = (*(NoticeKind.ESCALATE, NoticeKind.ESCALATE_OWNERS, NoticeKind.ESCALATE_FALLBACK),)
COMMAND = "tessera events verify --proof proof.json"


@router.get("/{proposal_id}/proof", summary="Get the proof of a proposal")
async def get_proof(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))], proposal_id: UUID
) -> ProofView:
    """Who was asked, how often and by which deliveries, what they were shown, who answered.

    Each event with its place in the sealed log, so that `tessera events verify --proof` can hold
    all of it against that. What was sent, and what came back, is for who may see the destination.
    """
    return await proof_view(call, proposal_id)


async def proof_view(call: Call, proposal_id: UUID) -> ProofView:
    """Return the proof as it is shown to who asks, or raise `NotFound`."""

    async def work(tx: Transaction) -> tuple[Proof, ProposalView]:
        proof = await proofs.read(tx, proposal_id)
        (view,) = await views_of(tx, call.resources, [proof.detail])
        return proof, view

    proof, view = await call.resources.database.snapshot(work)
    found = await _evidence(call, proof)
    changes = beside(view.changes, found or Evidence())
    proposal = proof.detail.proposal
    return ProofView(
        form=FORM,
        read_at=proof.read_at,
        proposal=view.model_copy(update={"changes": changes}),
        witnesses_searched=found is not None,
        content=list(_content(proof, view.contract_id)),
        asked=[_asked(each, proposal) for each in proof.asked],
        answers=[GivenView.of(each) for each in proof.answers],
        said=list(_said(proof)),
        objections=[RemarkView.of(each) for each in proof.objections],
        comments=[RemarkView.of(each) for each in proof.comments],
        retirement=None if proof.retirement is None else RetirementView.of(proof.retirement),
        events=[LoggedView.of_logged(each, call.principal) for each in proof.events],
        seals=[SealView.of(each) for each in proof.seals],
        check=_check(proof),
    )


async def _evidence(call: Call, proof: Proof) -> Evidence | None:
    """Search for records that break; None where nobody could be asked just now."""
    base = None if proof.base is None else proof.base.content
    try:
        return await call.resources.comparer.evidence_of_proposal(
            proof.detail.proposal, base, suggestions=False
        )
    except Unavailable:
        return None


def _content(proof: Proof, contract_id: UUID | None) -> Iterator[ContentView]:
    proposal, base = proof.detail.proposal, proof.base
    yield ContentView.of(proposal.version, contract_id, proposal.content)
    if base is not None:
        yield ContentView.of(base.version, base.id, base.content)


def _asked(asked: Asked, proposal: Proposal) -> AskedView:
    question = asked.question
    places = {id(change): place for place, change in enumerate(proposal.changes)}
    return AskedView(
        team=TeamRef.of(question.team),
        reason=question.reason,
        fields=list(question.fields),
        revision=question.revision,
        changes_hash=question.changes_hash,
        changes=[places[id(each)] for each in asked_about(proposal, question.fields)],
        released_at=question.released_at,
        asks=asked.count(NoticeKind.ASK),
        reminders=asked.count(NoticeKind.REMIND),
        escalations=asked.count(*ESCALATIONS),
        told=[ToldView.of(each) for each in asked.told],
    )


def _said(proof: Proof) -> Iterator[SaidView]:
    for kind in DECREES:
        decree = getattr(proof.detail.proposal, kind)
        if decree is not None:
            yield SaidView(
                kind=kind, by=ActorView.of(decree.by), at=decree.at, reason=decree.reason
            )
    for event in (each.event for each in proof.events):
        if event.type is EventType.EXTENDED:  # more than once: only the sum is a fact
            reason = event.payload.get("reason")
            yield SaidView(
                kind="extended",
                by=ActorView.of(event.caller.actor),
                at=event.at,
                reason=reason if isinstance(reason, str) else None,
            )


def _check(proof: Proof) -> CheckView:
    head = proof.head
    return CheckView(
        head_seal=None if head is None else head.number,
        head=None if head is None else head.hash.hex(),
        unsealed=proof.unsealed,
        intact=all(each.place is None or each.place.intact for each in proof.events),
        command=COMMAND,
    )
