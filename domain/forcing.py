"""Publishing past the parties, where it takes one person or two."""

from dataclasses import replace

from domain.actors import Actor, ActorKind
from domain.errors import Forbidden
from domain.proposals import Decree, Proposal
from domain.timeline import ForceBy


def forced_by(proposal: Proposal, decree: Decree) -> Proposal | None:
    """Return the proposal with this word of an administrator; None if it says nothing new.

    Where the frozen policy wants two persons, the first word only requests it. Whoever said that
    can't say the second one too, and neither can a key or a bot, behind which may be anybody:
    raises `Forbidden`.
    """
    if proposal.forced is not None:
        return None
    if proposal.policy.timeline.force is ForceBy.ONE_PERSON:
        return replace(proposal, forced=decree)
    if not _is_person(decree.by):
        raise Forbidden(
            f"Forcing this proposal takes two persons, each with a sign-in or a key of their own; "
            f"{decree.by.name} is none.",
            action="force",
        )
    if proposal.force_requested is None:
        return replace(proposal, force_requested=decree)
    if proposal.force_requested.by.id == decree.by.id:
        return None
    return replace(proposal, forced=decree)


def _is_person(actor: Actor) -> bool:
    return actor.kind is ActorKind.PERSON and actor.id is not None
