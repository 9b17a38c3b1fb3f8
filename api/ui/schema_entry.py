"""A schema as somebody enters it: pasted or uploaded, JSON or YAML, and kept word for word."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from fastapi import Request
from starlette.datastructures import UploadFile

from api.body_limit import SCHEMA_FORM_BYTES
from api.call import Call
from api.json_bodies import check_value, read_json
from api.refusals import InvalidJson
from api.ui.entered import Entered, wrong
from api.ui.records import pretty
from domain.contracts import ContractContent
from domain.errors import InvalidSchema, TesseraError
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA
from record.comparison import Draft

LONGEST_PREFILLED = 200_000
"""Characters; what is longer does not stand in a page, and comes as a file."""
_MOST_FIELDS = 20
_BUNDLE = {"root", "documents"}
"""The names, and no others, of an object that stands for a schema of several documents."""


async def entered_schema(request: Request, step: str) -> Entered:
    """Return what was entered; the text of a file takes the place of what stands in the field."""
    async with request.form(
        max_files=1, max_fields=_MOST_FIELDS, max_part_size=SCHEMA_FORM_BYTES
    ) as form:
        entered = await Entered.read(request, step)
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return entered
        try:
            text = (await file.read()).decode("utf-8-sig")
        except UnicodeDecodeError:
            text = ""
    return replace(entered, values={**entered.values, "schema": text.replace("\r\n", "\n")})


async def draft_of(call: Call, entered: Entered) -> Draft:
    """Return what is to be read and compared; raises a refusal that names the field and place."""
    schema = await _value(call, entered, "schema")
    if schema is None:
        raise wrong("schema", "Paste a schema, or choose a file with one in UTF-8.")
    guarantees = await _value(call, entered, "guarantees")
    is_bundle = isinstance(schema, dict) and schema.keys() == _BUNDLE
    bundle = cast("dict[str, JSON]", schema) if is_bundle else {}
    return Draft(
        format=JSON_SCHEMA,
        schema=None if is_bundle else schema,
        documents=cast("dict[str, JSON]", bundle["documents"]) if is_bundle else None,
        root=cast("str", bundle["root"]) if is_bundle else None,
        guarantees=guarantees,
    )


def moment_of(entered: Entered, name: str) -> datetime | None:
    """Return the time that was entered, in UTC as the form says."""
    text = entered.values.get(name, "").strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise wrong(name, "Write the time as 2030-01-31T12:00.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def prefilled(content: ContractContent) -> Mapping[str, str]:
    """Return a contract as somebody may go on from it; without a schema that is too long."""
    schema = content.schema
    whole: object = schema.document
    if schema.root != "":
        whole = {"root": schema.root, "documents": dict(schema.documents)}
    guarantees = content.guarantees.to_wire()
    values = {"guarantees": pretty(guarantees) if guarantees else ""}
    text = pretty(whole)
    return values | {"schema": text} if len(text) <= LONGEST_PREFILLED else values


async def _value(call: Call, entered: Entered, name: str) -> JSON:
    text = entered.text(name)  # what cannot be kept is refused before YAML ends at a NUL
    if text is None:
        return None
    try:
        return await _read(call, text)
    except TesseraError as error:
        message = error.detail.replace("The body", "The text").replace("the body", "the text")
        raise InvalidSchema(message, errors=[{"path": name, "message": message}]) from None


async def _read(call: Call, text: str) -> JSON:
    """What begins as JSON does is read as JSON, so that what is said of it is of use."""
    try:
        return await asyncio.to_thread(read_json, text.encode("utf-8", "surrogatepass"))
    except InvalidJson:
        if text.startswith(("{", "[")):
            raise
    value = await call.resources.comparer.from_yaml(text)
    await asyncio.to_thread(check_value, value)
    return value
