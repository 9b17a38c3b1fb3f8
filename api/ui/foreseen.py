"""What a publication would do, as the form shows it before anything is done."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api.call import Call
from api.contract_views import ToldView, TouchedView, asked_views, told_views
from api.evidence import Wanted, beside, evidence_of, question
from api.ui.entered import Entered
from api.ui.reading import ChangeLine
from api.ui.schema_entry import draft_of, moment_of
from api.views import ChangeView
from domain.assets import AssetPolicy
from domain.bounds import effective
from domain.changes import Change, Group
from domain.errors import NotReady, Unavailable
from domain.proposals import Touched
from domain.publication import PublishAction, Verdict, version_for
from domain.timeline import Timeline
from record import contracts, drafts
from record.comparison import Parsed
from record.contracts import Published
from record.drafts import Compared, Publication

_EVIDENCE_WITHIN = 0.6
"""Seconds for which somebody who types waits for a record that breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was read from the form and compared with what is active."""

    publication: Publication
    compared: Compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What publishing would do now. `agreed` stands for it: what it does must be the same."""

    action: PublishAction
    version: str
    base_version: str | None
    agreed: str
    lines: tuple[ChangeLine, ...] = ()
    asked: Sequence[TouchedView] = ()
    told: Sequence[ToldView] = ()
    timeline: Timeline = Timeline()  # noqa: RUF009  # frozen
    publish_at: datetime | None = None
    observed: int = 0
    """How many changes would ask somebody, did the asset not only observe."""
    standing: UUID | None = None
    """The proposal that is open."""
    is_proposed: bool = False
    """Whether that one has the same content."""
    fields: int = 0

    @property
    def groups(self) -> dict[str, list[ChangeLine]]:
        """The changes by what becomes of them, in the order in which people are shown them."""
        return {
            group.value: [line for line in self.lines if line.view.group is group]
            for group in Group
        }

    @property
    def is_breaking(self) -> bool:
        """Whether somebody who reads it could be broken."""
        return any(line.view.breaks_backward or line.view.breaks_forward for line in self.lines)

    @property
    def may_be_sent(self) -> bool:
        """Whether there is something to do, and nothing that stands in its way."""
        if self.action is PublishAction.PROPOSED:
            return self.standing is None
        return self.action is PublishAction.PUBLISHED


def agreed(verdict: Verdict, asked: Sequence[Touched]) -> str:
    """Return what stands for a verdict and whom it asks."""
    teams = sorted(str(each.team_id) for each in asked)
    return stands_for(verdict.action.value, verdict.version, teams)


def stands_for(*does: object) -> str:
    """Return what stands in a form for everything that sending it does."""
    return hashlib.sha256(repr(does).encode()).hexdigest()[:16]


def check_agreed(entered: Entered, does: str) -> None:
    """Refuse, within the transaction, so that nothing is done that nobody has seen."""
    if entered.values.get("agreed") != does:
        raise NotReady("This is what it would do now. Look at it, then send it again.")


async def drafted(call: Call, asset_id: UUID, entered: Entered) -> Draft:
    """Read what was entered and compare it; raises a refusal that says what is wrong."""
    publish_at = moment_of(entered, "publish_at")
    publication, compared = await drafts.drafted(
        call.resources.database,
        call.resources.comparer,
        asset_id,
        await draft_of(call, entered),
        entered.text("version"),
    )
    publication = replace(publication, publish_at=publish_at)
    return Draft(publication=publication, compared=compared)


async def foresee(call: Call, draft: Draft) -> Foreseen:
    """Return what publishing it would do, and whom it would ask; writes nothing."""
    resources, base = call.resources, draft.compared.base
    published = await contracts.preview(
        resources.database,
        draft.publication,
        draft.compared,
        resources.timeline,
        observe=resources.observe,
        server=resources.server_policy,
    )
    standing, verdict = published.proposal, published.verdict
    own = (base.owner.policy.timeline, base.asset.policy.timeline)
    foreseen = Foreseen(
        action=verdict.action,
        version=verdict.version,
        base_version=None if base.active is None else base.active.version,
        agreed=agreed(verdict, published.asked),
        lines=_lines(published),
        asked=asked_views(published.asked, published.teams),
        told=told_views(published.told, published.teams),
        timeline=effective(resources.timeline, resources.server_policy.bounds, *own),
        publish_at=draft.publication.publish_at,
        observed=len(verdict.observed),
        standing=None if standing is None else standing.id,
        is_proposed=standing is not None
        and standing.content_hash == draft.publication.content.content_hash,
        fields=len(draft.publication.fields),
    )
    return await _with_evidence(call, draft, verdict.changes, foreseen)


def foreseen_first(parsed: Parsed, requested_version: str | None) -> Foreseen:
    """Return what the first contract of a new asset would do; raises `InvalidVersion`."""
    version = version_for(AssetPolicy(), None, (), requested_version)
    verdict = Verdict(
        action=PublishAction.PUBLISHED, version=version, changes=(), gating=(), told=()
    )
    return Foreseen(
        action=verdict.action,
        version=version,
        base_version=None,
        agreed=agreed(verdict, ()),
        fields=len(parsed.fields),
    )


def _lines(published: Published) -> tuple[ChangeLine, ...]:
    gating = {id(change) for change in published.verdict.gating}

    def readers(change: Change) -> tuple[str, ...]:
        return tuple(
            published.teams[each.team_id].name for each in published.asked if change in each.changes
        )

    return tuple(
        ChangeLine(
            view=ChangeView.of(change, gating=id(change) in gating),
            readers=readers(change),
            place=place,
        )
        for place, change in enumerate(published.verdict.changes)
    )


async def _with_evidence(
    call: Call, draft: Draft, changes: Sequence[Change], foreseen: Foreseen
) -> Foreseen:
    """Return it with what proves its changes, as far as it is there in a moment."""
    base = draft.compared.base
    if base.active is None or not foreseen.is_breaking:
        return foreseen
    policy = base.asset.policy
    asked = question(list(Wanted), policy.mode, policy.content_model)
    new = draft.publication.content
    key = (base.active.id, new.content_hash, asked)
    try:
        async with asyncio.timeout(_EVIDENCE_WITHIN):
            found = await evidence_of(call, asked, base.active.content, new, changes, key)
    except (TimeoutError, Unavailable):
        return foreseen
    views = beside([line.view for line in foreseen.lines], found)
    lines = [replace(line, view=view) for line, view in zip(foreseen.lines, views, strict=True)]
    return replace(foreseen, lines=tuple(lines))
