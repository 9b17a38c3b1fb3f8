"""The policy of an asset in words, and where each of its values comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.ui.timeline_lines import ASSET, SERVER, TEAM, TimelineLine, said_observe, timeline_lines
from domain.assets import Asset, Preset
from domain.compatibility import ContentModel, Mode
from domain.teams import Team
from domain.versioning import SemverMode
from record import observations
from record.team_policies import ServerSays

_MODE: Mapping[Mode, str] = {
    Mode.BACKWARD: "what was written before stays readable",
    Mode.FORWARD: "who reads with the old contract can read what comes",
    Mode.FULL: "both: old data stays readable, and old readers can read what comes",
    Mode.BACKWARD_TRANSITIVE: "what was written under any version stays readable",
    Mode.FORWARD_TRANSITIVE: "who reads with any old contract can read what comes",
    Mode.FULL_TRANSITIVE: "both, and that against every version there was",
    Mode.NONE: "nobody is ever asked",
}
_CONTENT: Mapping[ContentModel, str] = {
    ContentModel.CLOSED: "has exactly the fields that the contract names",
    ContentModel.OPEN: "may have more fields than the contract names",
}
_SEMVER: Mapping[SemverMode, str] = {
    SemverMode.AUTO: "chosen by the server; one that is sent must be honest",
    SemverMode.SUGGEST: "a greater one is taken as sent, else the server chooses",
    SemverMode.ENFORCE: "must be sent, and be honest",
}

JUDGING: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("mode", "Breaking means", {each.value: says for each, says in _MODE.items()}),
    ("content_model", "A record", {each.value: says for each, says in _CONTENT.items()}),
    ("semver_mode", "Version numbers", {each.value: says for each, says in _SEMVER.items()}),
)
"""The words that an asset is judged by, as a form offers them."""
PRESETS: Mapping[Preset, str] = {
    Preset.DEFAULT: "protects stored data and loses no field",
    Preset.PROTECT_READERS: "protects who reads what comes with the contract that they have",
    Preset.STRICT: "protects both, and a contract names all there is",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One word of the asset's own about its changes, and what it means."""

    label: str
    word: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLines:
    """How changes are judged, and when who is asked, reminded and escalated to."""

    preset: str | None
    observe: str
    """What the asset itself says about observing, as a form takes it."""
    observes: bool
    observed_by: str
    compatibility: Sequence[Judgement]
    timeline: Sequence[TimelineLine]


def policy_lines(asset: Asset, owner: Team, server: ServerSays) -> PolicyLines:
    """Return the policy of an asset as it counts for the next publication."""
    policy = asset.policy
    model, mode, semver = policy.content_model, policy.mode, policy.semver_mode
    return PolicyLines(
        preset=None if policy.preset is None else policy.preset.value,
        observe=said_observe(policy.observe),
        observes=observations.observes_by(asset, owner, server.observe),
        observed_by=_observed_by(asset, owner),
        compatibility=(
            _judged("Breaking means", mode.value, _MODE[mode]),
            _judged("A record", model.value, _CONTENT[model]),
            _judged("Version numbers", semver.value, _SEMVER[semver]),
        ),
        timeline=timeline_lines(
            server, (TEAM, owner.policy.timeline), (ASSET, asset.policy.timeline)
        ),
    )


def _judged(label: str, name: str, meaning: str) -> Judgement:
    return Judgement(label=label, word=name.replace("_", " "), meaning=meaning)


def _observed_by(asset: Asset, owner: Team) -> str:
    if asset.policy.observe is not None:
        return ASSET
    return SERVER if owner.observe is None else TEAM
