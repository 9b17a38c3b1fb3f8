"""Breaking changes that wait for their consumers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from tessera_sdk.calls import Call, content_body, get, given, instant, paging, post, query
from tessera_sdk.models import Page, Proposal
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.proofs import Proof
from tessera_sdk.revisions import RevisionPreview
from tessera_sdk.words import Response


class Proposals(Noun[RunnerT]):
    """Breaking changes that wait for their consumers."""

    @listing
    def list(
        self,
        *,
        status: str | None = None,
        asset_id: str | None = None,
        party_team_id: str | None = None,
        producer_team_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Proposal]]:
        wanted = query(
            status=status,
            asset_id=asset_id,
            party_team_id=party_team_id,
            producer_team_id=producer_team_id,
        )
        return get("/proposals", Page[Proposal], {**wanted, **paging(limit, cursor)})

    @operation
    def get(self, proposal_id: str, *, include: Sequence[str] = ()) -> Call[Proposal]:
        """`include` may be `witnesses` and `suggestions`, which are searched for then."""
        return get(f"/proposals/{proposal_id}", Proposal, query(include=include))

    @operation
    def proof(self, proposal_id: str) -> Call[Proof]:
        """Who was asked what, by which deliveries, who answered, and where that is sealed."""
        return get(f"/proposals/{proposal_id}/proof", Proof)

    @operation
    def acknowledge(
        self,
        proposal_id: str,
        consumer_team_id: str,
        response: Response | str,
        *,
        note: str | None = None,
        until: datetime | None = None,
        changes_hash: str | None = None,
        content_hash: str | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """A consumer's answer: `ready`, `needs time` (`until` when) or `blocked`.

        Name the `changes_hash` of its party, or the proposal's `content_hash`, and the answer is
        refused (`question_changed`) if something else is asked by now.
        """
        body = given(
            consumer_team_id=consumer_team_id,
            response=Response.parse(response).value,
            note=note,
            until=instant(until),
            changes_hash=changes_hash,
            content_hash=content_hash,
        )
        return self._step(proposal_id, "acknowledge", body, wait, idempotency_key)

    @operation
    def revise(
        self,
        proposal_id: str,
        *,
        schema: JsonValue = None,
        documents: Mapping[str, JsonValue] | None = None,
        root: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the API
        version: str | None = None,
        guarantees: Mapping[str, JsonValue] | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """Propose other content; whose changes are the same keeps its answer, others are asked."""
        body = content_body(schema, documents, root, format, version, guarantees)
        return self._step(proposal_id, "revise", body, wait, idempotency_key)

    @operation
    def preview_revision(
        self,
        proposal_id: str,
        *,
        schema: JsonValue = None,
        documents: Mapping[str, JsonValue] | None = None,
        root: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the API
        version: str | None = None,
        guarantees: Mapping[str, JsonValue] | None = None,
    ) -> Call[RevisionPreview]:
        """What `revise` would do now, whose problems it has too; nothing is written."""
        body = content_body(schema, documents, root, format, version, guarantees)
        path, dry_run = f"/proposals/{proposal_id}/revise", query(dry_run=True)
        return post(path, RevisionPreview, body, given_query=dry_run)

    @operation
    def delegate(
        self,
        proposal_id: str,
        consumer_team_id: str,
        user_id: str | None,
        *,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """Hand a consumer's answer to one of its people, who is asked then; None: to nobody."""
        body: dict[str, JsonValue] = {"consumer_team_id": consumer_team_id, "user_id": user_id}
        return self._step(proposal_id, "delegate", body, wait, idempotency_key)

    @operation
    def withdraw(
        self,
        proposal_id: str,
        *,
        reason: str | None = None,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """The producer takes the proposal back; nothing is published."""
        return self._step(proposal_id, "withdraw", given(reason=reason), wait, idempotency_key)

    @operation
    def force(
        self,
        proposal_id: str,
        reason: str,
        *,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """Publish without the missing answers; the reason is recorded and told to everybody."""
        return self._step(proposal_id, "force", {"reason": reason}, wait, idempotency_key)

    @operation
    def ask_again(
        self, proposal_id: str, team_id: str, *, idempotency_key: str | None = None
    ) -> Call[Proposal]:
        """Remind one party now, out of turn."""
        return self._step(proposal_id, "ask-again", {"team_id": team_id}, None, idempotency_key)

    @operation
    def extend(
        self,
        proposal_id: str,
        by: str,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """Give everybody so much more time: `36h`, `7d` or ISO 8601."""
        body = given(by=by, reason=reason)
        return self._step(proposal_id, "extend", body, None, idempotency_key)

    @operation
    def reassign(
        self,
        proposal_id: str,
        team_id: str,
        to_team_id: str,
        reason: str,
        *,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """Have another team asked in the place of one; for administrators."""
        body = given(team_id=team_id, to_team_id=to_team_id, reason=reason)
        return self._step(proposal_id, "reassign", body, None, idempotency_key)

    @operation
    def cancel(
        self,
        proposal_id: str,
        reason: str,
        *,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Proposal]:
        """End a proposal in its producer's place; for administrators."""
        return self._step(proposal_id, "cancel", {"reason": reason}, wait, idempotency_key)

    @operation
    def publish(
        self, proposal_id: str, *, wait: float | None = None, idempotency_key: str | None = None
    ) -> Call[Proposal]:
        """Publish an approved proposal whose policy says `on_demand`."""
        return self._step(proposal_id, "publish", {}, wait, idempotency_key)

    @operation
    def confirm(
        self, proposal_id: str, *, wait: float | None = None, idempotency_key: str | None = None
    ) -> Call[Proposal]:
        """Accept that the proposal now starts from a newer contract than it was made for."""
        return self._step(proposal_id, "confirm", {}, wait, idempotency_key)

    def _step(
        self,
        proposal_id: str,
        step: str,
        body: Mapping[str, JsonValue],
        wait: float | None,
        key: str | None,
    ) -> Call[Proposal]:
        return post(f"/proposals/{proposal_id}/{step}", Proposal, body, wait=wait, key=key)
