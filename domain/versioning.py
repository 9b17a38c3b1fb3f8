"""Semantic versions of contracts: what the next one is, and whether a requested one is honest.

A pre-release is never the version of a contract, since it would be a way around the consumers:
whoever publishes `2.0.0-rc.1` has published. Build metadata has no precedence: refused too.
"""

from collections.abc import Iterable
from enum import StrEnum

from semver import Version

from domain.changes import WORDING, Change, Diff
from domain.compatibility import Mode
from domain.errors import InvalidVersion

FIRST = "1.0.0"


class SemverMode(StrEnum):
    """`auto`: the server chooses unless a version is sent, which then must be honest.

    `suggest`: a version is taken as sent if it is greater, else the server's choice.
    `enforce`: a version must be sent, and it must be honest.
    """

    AUTO = "auto"
    SUGGEST = "suggest"
    ENFORCE = "enforce"


class Bump(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def bump_for(diff: Diff | Iterable[Change], mode: Mode) -> Bump:
    """Major for what gates, patch where only words changed, minor for everything between."""
    changes = diff.changes if isinstance(diff, Diff) else tuple(diff)
    if any(mode.gates(change) for change in changes):
        return Bump.MAJOR
    if all(change.kind in WORDING for change in changes):
        return Bump.PATCH
    return Bump.MINOR


def next_version(current: str | None, bump: Bump) -> str:
    """The version after `current`; the first one is 1.0.0, whatever the bump."""
    if current is None:
        return FIRST
    version = _parsed(current)
    if bump is Bump.MAJOR:
        return str(version.bump_major())
    return str(version.bump_minor() if bump is Bump.MINOR else version.bump_patch())


def check_requested(
    version: str | None, current: str | None, semver_mode: SemverMode, bump: Bump
) -> str:
    """The version to publish; raises InvalidVersion when the requested one cannot be it.

    An honest version is at least as great as the change asks for. Below 1.0.0 a minor step is
    enough for a breaking change, as the specification leaves it open there.
    """
    if version is None:
        if semver_mode is SemverMode.ENFORCE:
            raise InvalidVersion("This asset asks for a version with every contract.")
        return next_version(current, bump)
    requested = _parsed(version)
    if requested.prerelease or requested.build:
        raise InvalidVersion(
            f"{version} is a pre-release or has build metadata; a contract needs a plain version.",
            version=version,
        )
    if current is None:
        return version
    active = _parsed(current)
    if requested <= active:
        raise InvalidVersion(
            f"{version} is not greater than the active version {current}.",
            version=version,
            current=current,
        )
    if semver_mode is not SemverMode.SUGGEST and requested < _least(active, bump):
        raise InvalidVersion(
            f"This change needs at least {_least(active, bump)}: it is a {bump} change "
            f"to {current}, and {version} would promise less.",
            version=version,
            current=current,
            least=str(_least(active, bump)),
        )
    return version


def is_greater(version: str, other: str) -> bool:
    return _parsed(version) > _parsed(other)


def _least(active: Version, bump: Bump) -> Version:
    if bump is Bump.MAJOR and active.major > 0:
        return active.bump_major()
    return active.bump_patch() if bump is Bump.PATCH else active.bump_minor()


def _parsed(version: str) -> Version:
    try:
        return Version.parse(version)
    except ValueError:
        raise InvalidVersion(
            f"{version!r} is not a semantic version such as 1.4.0.", version=version
        ) from None
