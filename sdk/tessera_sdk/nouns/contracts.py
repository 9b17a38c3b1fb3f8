"""The published versions of an asset."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from tessera_sdk.calls import (
    Call,
    content_body,
    get,
    given,
    instant,
    paging,
    post,
    query,
    texts,
)
from tessera_sdk.catalog import BulkContracts
from tessera_sdk.models import Comparison, Contract, Diff, Page, PublishResult
from tessera_sdk.operations import Noun, RunnerT, listing, operation


class Contracts(Noun[RunnerT]):
    """The published versions of an asset."""

    @operation
    def publish(
        self,
        asset_id: str,
        *,
        schema: JsonValue = None,
        documents: Mapping[str, JsonValue] | None = None,
        root: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the API
        version: str | None = None,
        guarantees: Mapping[str, JsonValue] | None = None,
        timeline: Mapping[str, JsonValue] | None = None,
        publish_at: datetime | None = None,
        dry_run: bool = False,
        include: Sequence[str] = (),
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[PublishResult]:
        """Publish a schema, or a bundle of `documents` (by URI) of which `root` is the schema.

        A compatible contract is published at once; a breaking one becomes a proposal, and so does
        every one with `publish_at`, which is published then and not before. `timeline` gives that
        more time or notice than the asset's policy does. `include`
        may be `witnesses` and `suggestions`, for a dry run and for what becomes a proposal.
        """
        body = content_body(schema, documents, root, format, version, guarantees)
        body |= given(timeline=dict(timeline) if timeline else None)
        if publish_at is not None:
            body["publish_at"] = publish_at.isoformat()
        return post(
            f"/assets/{asset_id}/contracts",
            PublishResult,
            body,
            given_query=query(dry_run=dry_run, include=include),
            wait=wait,
            key=idempotency_key,
        )

    @operation
    def bulk_publish(
        self,
        contracts: Sequence[Mapping[str, JsonValue]],
        *,
        dry_run: bool = False,
        told_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[BulkContracts]:
        """Publish contracts of many assets, each by itself.

        Each names its asset by `asset_id`, or by `fqn` and `environment`, and says what `publish`
        takes. `told_at` is that of a call before this one: those whom both concern are told once.
        """
        body: dict[str, JsonValue] = {
            "contracts": [dict(each) for each in contracts],
            "dry_run": dry_run,
            **given(told_at=instant(told_at)),
        }
        return post("/contracts/bulk/publish", BulkContracts, body, key=idempotency_key)

    @listing
    def list(
        self,
        asset_id: str,
        *,
        status: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Contract]]:
        wanted = query(status=status, **paging(limit, cursor))
        return get(f"/assets/{asset_id}/contracts", Page[Contract], wanted)

    @operation
    def get(self, contract_id: str) -> Call[Contract]:
        return get(f"/contracts/{contract_id}", Contract)

    @operation
    def diff(
        self, contract_id: str, *, against: str = "active", include: Sequence[str] = ()
    ) -> Call[Diff]:
        """What changes from `against` (a contract's id, a version or `active`) to this one."""
        wanted = query(against=against, include=include)
        return get(f"/contracts/{contract_id}/diff", Diff, wanted)

    @operation
    def diff_versions(
        self,
        asset_id: str,
        from_version: str,
        to_version: str,
        *,
        include: Sequence[str] = (),
    ) -> Call[Diff]:
        wanted = query(**{"from": from_version, "to": to_version}, include=include)
        return get(f"/assets/{asset_id}/diff", Diff, wanted)

    @operation
    def compare(
        self,
        old: JsonValue,
        new: JsonValue,
        *,
        old_imports: Mapping[str, JsonValue] | None = None,
        new_imports: Mapping[str, JsonValue] | None = None,
        format: str | None = None,  # noqa: A002 - the word of the API
        draft: str | None = None,
        mode: str | None = None,
        content_model: str | None = None,
        include: Sequence[str] = (),
    ) -> Call[Comparison]:
        """Compare two documents that are nobody's; the imports are what they refer to, by URI."""
        more = given(
            old_imports=None if old_imports is None else dict(old_imports),
            new_imports=None if new_imports is None else dict(new_imports),
            format=format,
            draft=draft,
            mode=mode,
            content_model=content_model,
            include=texts(include),
        )
        return post("/compare", Comparison, {"old": old, "new": new, **more})
