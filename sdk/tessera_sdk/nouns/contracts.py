"""The published versions of an asset."""

from collections.abc import Mapping

from pydantic import JsonValue

from tessera_sdk.calls import Call, get, given, paging, post, query
from tessera_sdk.models import Contract, Diff, Page, PublishResult
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
        dry_run: bool = False,
        wait: float | None = None,
        idempotency_key: str | None = None,
    ) -> Call[PublishResult]:
        """Publish a schema, or a bundle of `documents` (by URI) of which `root` is the schema.

        A compatible contract is published at once; a breaking one becomes a proposal.
        """
        if (schema is None) == (documents is None):
            raise ValueError("Give either a schema or documents.")
        body = given(
            schema=schema,
            documents=None if documents is None else dict(documents),
            root=root,
            format=format,
            version=version,
            guarantees=None if guarantees is None else dict(guarantees),
        )
        return post(
            f"/assets/{asset_id}/contracts",
            PublishResult,
            body,
            given_query=query(dry_run=dry_run),
            wait=wait,
            key=idempotency_key,
        )

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
    def diff(self, contract_id: str, *, against: str = "active") -> Call[Diff]:
        """What changes from `against` (a contract's id, a version or `active`) to this one."""
        return get(f"/contracts/{contract_id}/diff", Diff, query(against=against))

    @operation
    def diff_versions(self, asset_id: str, from_version: str, to_version: str) -> Call[Diff]:
        wanted = query(**{"from": from_version, "to": to_version})
        return get(f"/assets/{asset_id}/diff", Diff, wanted)
