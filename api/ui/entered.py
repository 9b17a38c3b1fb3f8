"""What somebody entered into a form: read leniently, kept word for word: no text is lost."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from uuid import UUID

from fastapi import Request

from api.call import Call
from api.json_bodies import storable
from domain.errors import InvalidRequest, TesseraError
from domain.pages import PageRequest
from domain.teams import Team
from domain.users import User, UserKind
from store.idempotency import RequestKey
from store.transaction import Transaction

_ONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The fields of one form, as they were sent."""

    step: str
    values: Mapping[str, str]

    @classmethod
    async def read(cls, request: Request, step: str) -> "Entered":
        """Return the fields; a file or a repeated field counts as not sent."""
        form = await request.form()
        values = {
            name: value.replace("\r\n", "\n")
            for name, value in form.items()
            if isinstance(value, str)
        }
        return cls(step=step, values=values)

    def key(self, call: Call) -> RequestKey | None:
        """Return what makes this form take effect once, however often it is sent.

        The same form with another text is another request: whoever goes back, writes something else
        and sends it means it.
        """
        once = self.values.get("once", "")
        if not _ONCE.fullmatch(once):
            return None
        body = hashlib.sha256(repr(sorted(self.values.items())).encode()).hexdigest()
        actor = call.principal.actor
        return RequestKey(
            principal=f"{actor.kind.value}:{actor.id or actor.name}",
            route=f"POST {call.request.url.path}",
            key=f"{once}.{body}",
            body_hash=body,
        )

    def text(self, name: str) -> str | None:
        """Return a text, None if there is none; raises `InvalidRequest` for what cannot be kept."""
        text = self.values.get(name, "").strip()
        if not storable(text):
            raise wrong(name, "This text holds a character that cannot be kept.")
        return text or None

    def team_id(self) -> UUID:
        """Return the chosen team."""
        try:
            return UUID(self.values.get("team", ""))
        except ValueError:
            raise wrong("team", "Choose the team that you speak for.") from None

    def id_of(self, name: str) -> UUID | None:
        """Return the id of what a form is about, if it names something."""
        text = self.values.get(name, "")
        try:
            return UUID(text) if text else None
        except ValueError:
            raise wrong(name, "This is not an id.") from None

    def day(self, name: str) -> date:
        """Return the day entered."""
        try:
            return date.fromisoformat(self.values.get(name, "").strip())
        except ValueError:
            raise wrong(name, "Write the date as year-month-day, such as 2030-12-31.") from None

    def end_of_day(self, name: str) -> datetime:
        """Return the last second of the day entered, in UTC."""
        return datetime.combine(self.day(name), time(23, 59, 59), UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A form that was refused: what was entered, why, and which fields are meant."""

    entered: Entered
    title: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entered: Entered, title: str, error: TesseraError) -> "Rejected":
        """Return a refusal as the page shows it."""
        faults = error.extra.get("errors")
        said = [error.extra, *(faults if isinstance(faults, list) else [])]
        named = [
            str(fault["path"])
            for fault in said
            if isinstance(fault, Mapping) and fault.get("path") in entered.values
        ]
        return cls(
            entered=entered,
            title=title,
            detail=error.detail,
            fields=dict.fromkeys(named, error.detail),
        )


def wrong(name: str, message: str) -> InvalidRequest:
    """Return the refusal of one field."""
    return InvalidRequest(message, errors=[{"path": name, "message": message}])


async def team_of(tx: Transaction, text: str) -> Team | None:
    """Return the team of a name or an id, if there is one."""
    try:
        return await tx.teams.get(UUID(text))
    except ValueError:
        return await tx.teams.named(text) if text else None


async def user_of(tx: Transaction, text: str) -> User | None:
    """Return the person of an e-mail address, else the bot of a name, which may look like one."""
    person = await tx.users.of_email(text) if text else None
    if person is not None or not text:
        return person
    bots = await tx.users.page(PageRequest(limit=1), name=text, kind=UserKind.BOT)
    return next(iter(bots.items), None)
