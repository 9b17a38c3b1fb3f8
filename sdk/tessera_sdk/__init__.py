"""Client of Tessera, which coordinates breaking changes of data contracts.

    from tessera_sdk import Client

    with Client() as tessera:
        asset = tessera.assets.find("orders.customers")
        result = tessera.contracts.publish(asset.id, schema=schema)
        print(result.action)

Names are loaded when they are first used: the command line must not pay for what it does not need.
"""

import importlib
from typing import TYPE_CHECKING

from tessera_sdk.version import __version__

if TYPE_CHECKING:
    from tessera_sdk.client import AsyncClient, Client
    from tessera_sdk.errors import (
        ConfigurationError,
        FieldError,
        ProblemError,
        TesseraError,
        UnexpectedAnswerError,
        UnreachableError,
    )
    from tessera_sdk.exchange import Retries
    from tessera_sdk.words import Action, AssetKind, ContractStatus, ProposalStatus, Response

_HOMES = {
    "AsyncClient": "client",
    "Client": "client",
    "ConfigurationError": "errors",
    "FieldError": "errors",
    "ProblemError": "errors",
    "TesseraError": "errors",
    "UnexpectedAnswerError": "errors",
    "UnreachableError": "errors",
    "Retries": "exchange",
    "Action": "words",
    "AssetKind": "words",
    "ContractStatus": "words",
    "ProposalStatus": "words",
    "Response": "words",
}

__all__ = [
    "Action",
    "AssetKind",
    "AsyncClient",
    "Client",
    "ConfigurationError",
    "ContractStatus",
    "FieldError",
    "ProblemError",
    "ProposalStatus",
    "Response",
    "Retries",
    "TesseraError",
    "UnexpectedAnswerError",
    "UnreachableError",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
