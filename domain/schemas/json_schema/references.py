"""A bundle of JSON Schema documents: where every schema stands and where every reference leads.

Nothing is ever fetched. A reference is resolved against the `$id`s and file names of the bundle and
the published metaschemas; what it does not find there is an InvalidSchema that names the place.
"""

import io
import pickle
from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from domain.errors import InvalidSchema
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.dialects import (
    APPLICATORS,
    REFERENCES,
    Draft,
    draft_of,
    subschemas,
)
from domain.schemas.json_schema.metaschemas import published
from domain.schemas.json_schema.ways import Ways


class Location(NamedTuple):
    """A place in the bundle: a document and a JSON pointer into it.

    `scope` is the way there, where a dynamic reference below may depend on it: the resources that
    were entered, the outermost first, and last the one that the latest reference led into.
    """

    document: str
    pointer: str
    scope: tuple[str, ...] = ()

    @property
    def place(self) -> "Location":
        """However one came there."""
        return Location(self.document, self.pointer) if self.scope else self

    def below(self, *tokens: str) -> "Location":
        pointer = "/".join([self.pointer, *map(escaped, tokens)])
        return Location(self.document, pointer, self.scope)


def escaped(token: str) -> str:
    """As a JSON pointer has it."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


@dataclass(frozen=True, slots=True)
class Members(Mapping[str, Location]):
    """Where the members of an object stand; each place is made, and noted, when it is asked for."""

    at: Location
    named: Mapping[str, JSON]
    noted: dict[Location, JSON]

    def __getitem__(self, name: str) -> Location:
        location: Location | None = self.get(name)
        if location is None:
            raise KeyError(name)
        return location

    def get(self, name: str, default: Any = None) -> Any:
        """Most are asked for once, so this does without another call."""
        if name not in self.named:
            return default
        document, pointer, scope = self.at
        token = escaped(name) if "~" in name or "/" in name else name
        # Made so, a named tuple costs less than half.
        location = tuple.__new__(Location, (document, f"{pointer}/{token}", scope))
        if not scope:
            self.noted[location] = self.named[name]
        return location

    def keys(self) -> KeysView[str]:
        return self.named.keys()

    def __contains__(self, name: object) -> bool:
        return name in self.named

    def __iter__(self) -> Iterator[str]:
        return iter(self.named)

    def __len__(self) -> int:
        return len(self.named)


class Bundle:
    """Built anew from a `Schema` wherever it is needed; it is never stored or sent."""

    def __init__(self, documents: Mapping[str, JSON], root: str) -> None:
        self.root = Location(root, "")
        self._documents = dict(documents)
        self._drafts = {name: draft_of(document) for name, document in documents.items()}
        self._resources: dict[str, Location] = {}
        self._anchors: dict[tuple[str, str], Location] = {}
        self._bases: dict[Location, str] = {}
        self._ways = Ways(self._bases, self.root)
        self._values: dict[Location, JSON] = {}
        self._scanned: set[str] = set()
        self._are_names_known = False
        for name, document in documents.items():
            self._resources.setdefault(urldefrag(name).url, Location(name, ""))
            self._values[Location(name, "")] = document

    def _scan_document(self, name: str) -> None:
        if name not in self._scanned:
            self._scanned.add(name)
            self._scan(Location(name, ""), self._documents[name], name)

    def _know_names(self) -> None:
        """Names matter to references alone, so nobody looks for them before the first."""
        self._are_names_known = True
        for name, document in self._documents.items():
            packed = as_bytes(document)
            if _names_schemas(packed, self._drafts[name]):
                self._scan_document(name)

    def draft(self, location: Location) -> Draft:
        return self._drafts[location.document]

    def members(self, location: Location, named: Mapping[str, JSON]) -> Members:
        """The schemas that an object at a place holds under their names."""
        return Members(location, named, self._values)

    def value(self, location: Location) -> JSON:
        """The schema at a place; documents that name no schemas are never scanned for this."""
        if location in self._values:
            return self._values[location]
        place = location.place
        if place not in self._values:
            self._values[place] = _at_pointer(self._documents[place.document], place.pointer)
        return self._values[place]

    def _base(self, location: Location) -> str:
        return self._bases.get(location.place, location.document)

    def locations(self) -> tuple[Location, ...]:
        """Every place where a schema stands, as far as it is known yet."""
        for name in self._documents:
            self._scan_document(name)
        return tuple(self._values)

    def check_references(self) -> None:
        """Raises InvalidSchema for the first reference that leads out of the bundle or nowhere."""
        seen = 0
        while seen < len(self.locations()):
            waiting = self.locations()[seen:]
            seen += len(waiting)
            for location in waiting:
                for keyword, reference in self._references_at(location):
                    self.target(location, keyword, reference)

    def _references_at(self, location: Location) -> Iterable[tuple[str, str]]:
        value = self._values[location]
        if not isinstance(value, dict) or _REFERRING.isdisjoint(value):
            return ()
        return references_of(value, self.draft(location))

    def target(self, location: Location, keyword: str, reference: str) -> Location:
        """Where a reference leads in the end."""
        if not self._are_names_known:
            self._know_names()
        first = self._first_target(location, keyword, reference)
        if keyword != "$ref":
            anchor = urldefrag(reference).fragment if keyword == "$dynamicRef" else ""
            first = self._ways.outermost(location, first, anchor)
        return self._ways.remembered(location, first)

    def _first_target(self, location: Location, keyword: str, reference: str) -> Location:
        for base in (self._base(location), location.document):
            uri, fragment = _split(base, reference)
            resource = self._resources.get(uri) or self._published(uri)
            if resource is not None:
                return self._inside(resource, uri, fragment, location.below(keyword), reference)
        place = location.below(keyword)
        raise InvalidSchema(
            f"`{keyword}` at {_spoken(place)} refers to {reference!r}, "
            "which is not part of what was sent; references are never fetched.",
            path=place.pointer,
            keyword=keyword,
            document=place.document,
        )

    def _published(self, uri: str) -> Location | None:
        """A metaschema of a draft, or a part of one, which need not be sent."""
        document = published(uri)
        if document is None:
            return None
        self._documents[uri] = document
        self._drafts[uri] = draft_of(document)
        at = self._resources[uri] = Location(uri, "")
        self._scan_document(uri)
        return at

    def _inside(
        self, resource: Location, uri: str, fragment: str, place: Location, reference: str
    ) -> Location:
        found: Location | None
        if not fragment:
            found = resource
        elif fragment.startswith("/"):
            found = self._follow(resource, fragment)
        else:
            found = self._anchors.get((uri, fragment))
        if found is None:
            keyword = place.pointer.rpartition("/")[2]
            raise InvalidSchema(
                f"`{keyword}` at {_spoken(place)} refers to {reference!r}, which leads nowhere.",
                path=place.pointer,
                keyword=keyword,
                document=place.document,
            )
        return found

    def _follow(self, resource: Location, fragment: str) -> Location | None:
        value, location = self.value(resource), resource
        base = self._base(resource)
        for step in fragment[1:].split("/"):
            token = step.replace("~1", "/").replace("~0", "~")
            location = location.below(token)
            base = self._bases.get(location, base)
            if isinstance(value, dict) and token in value:
                value = value[token]
            elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
                value = value[int(token)]
            else:
                return None
        if location not in self._values:
            # A definition kept under a keyword that the draft does not know.
            if not isinstance(value, dict | bool):
                return None
            if location.document in self._scanned:
                self._scan(location, value, base)
            else:
                self._values[location] = value
        return location

    def _scan(self, start: Location, schema: JSON, base: str) -> None:
        draft = self.draft(start)
        holding, naming = APPLICATORS[draft].keys(), _NAMED_BY | {draft.id_keyword}
        waiting: list[tuple[Location, JSON, str]] = [(start, schema, base)]
        while waiting:
            location, value, base = waiting.pop()
            if isinstance(value, dict) and not naming.isdisjoint(value):
                base = self._named(location, value, base, draft)
            if isinstance(value, dict) and not holding.isdisjoint(value):
                children = [
                    (location.below(*tokens), member, base)
                    for tokens, member in subschemas(draft, value)
                ]
                waiting.extend(reversed(children))
            self._values[location] = value
            self._bases[location] = base

    def _named(self, location: Location, schema: dict[str, JSON], base: str, draft: Draft) -> str:
        """Notes what this schema is called; gives the base URI that holds inside it."""
        named = schema.get(draft.id_keyword)
        if isinstance(named, str) and not (draft.ref_hides_siblings and "$ref" in schema):
            if named.startswith("#") and len(named) > 1:
                self._anchors.setdefault((urldefrag(base).url, named[1:]), location)
            else:
                base = _split(base, named)[0]
                self._resources.setdefault(base, location)
        for keyword in ("$anchor", "$dynamicAnchor"):
            anchor = schema.get(keyword)
            if isinstance(anchor, str):
                self._anchors.setdefault((urldefrag(base).url, anchor), location)
                if keyword == "$dynamicAnchor":
                    self._ways.note(anchor, location)
        if schema.get("$recursiveAnchor") is True:
            self._ways.note("", location)
        return base


_REFERRING = frozenset().union(*REFERENCES.values())
_NAMED_BY = frozenset({"$anchor", "$dynamicAnchor", "$recursiveAnchor"})

# Parts of the keywords by which a schema gets a name of its own; `id` is draft 4's.
_NAMING = (b"$id", b"nchor")


def _names_schemas(packed: bytes, draft: Draft) -> bool:
    """Whether any schema may have a name besides its place; quickly, on the bytes of the whole."""
    return any(part in packed for part in (*_NAMING, *((b"id",) if draft is Draft.D4 else ())))


def as_bytes(value: object) -> bytes:
    """Equal for values that are the same to the letter; Python alone takes `1` for `true`."""
    written = io.BytesIO()
    pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # so that it makes no difference which of the objects are shared
    pickler.dump(value)
    return written.getvalue()


def may_refer(written: bytes) -> bool:
    """Whether a meaning may rest on another place than its own."""
    return b"$ref" in written or b"Ref" in written


def _at_pointer(document: JSON, pointer: str) -> JSON:
    value = document
    for step in pointer.split("/")[1:]:
        token = step.replace("~1", "/").replace("~0", "~") if "~" in step else step
        value = value[int(token)] if isinstance(value, list) else as_object(value)[token]
    return value


def references_of(schema: object, draft: Draft) -> Iterator[tuple[str, str]]:
    if isinstance(schema, dict) and not REFERENCES[draft].isdisjoint(schema):
        for keyword in sorted(REFERENCES[draft], reverse=True):  # `$ref` first
            reference = schema.get(keyword)
            if isinstance(reference, str):
                yield keyword, reference


def _split(base: str, reference: str) -> tuple[str, str]:
    # urljoin does not know URNs, and a bare fragment always means the same document.
    joined = (
        urldefrag(base).url + reference if reference.startswith("#") else urljoin(base, reference)
    )
    uri, fragment = urldefrag(joined)
    return uri, unquote(fragment)


def _spoken(place: Location) -> str:
    where = f" of {place.document!r}" if place.document else ""
    return f"`{place.pointer}`{where}"
