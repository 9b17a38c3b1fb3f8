"""The pages' own files: held in memory, named with their content's hash, kept for ever by browsers.

A page names a file with `?v=<hash>`, so a new release's page fetches the new file. Asked for
without it, or with another, the file must be asked about again, by its `ETag`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

from domain.errors import NotFound

PREFIX = "/static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file as it goes out."""

    content: bytes
    version: str
    media_type: str


def _read(directory: Path) -> Mapping[str, StaticFile]:
    return {
        path.name: StaticFile(
            content=(content := path.read_bytes()),
            version=hashlib.sha256(content).hexdigest()[:16],
            media_type=_TYPES[path.suffix],
        )
        for path in sorted(directory.iterdir())
    }


_FILES = _read(Path(__file__).parent / "static")


def address(name: str) -> str:
    """Return where a page finds the file."""
    return f"{PREFIX}/{name}?v={_FILES[name].version}"


@router.get(f"{PREFIX}/{{name}}")
async def static_file(request: Request, name: str, v: str = "") -> Response:
    """Serve one of our files; no path is ever looked up on the disk."""
    found = _FILES.get(name)
    if found is None:
        raise NotFound(f"There is no file `{name}`.", noun="file", key=name)
    tag = f'"{found.version}"'
    fixed = v == found.version
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=31536000, immutable" if fixed else "no-cache",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
