"""The settings of the worker, which `settings.Settings` has besides its own."""

from enum import StrEnum
from importlib.metadata import version

from pydantic import Field
from pydantic_settings import BaseSettings

from naming import READ_FROM_ENVIRONMENT


class Versioning(StrEnum):
    """Which build an open workflow goes on with, once another one is current."""

    AUTO_UPGRADE = "auto_upgrade"
    PINNED = "pinned"


class WorkerSettings(BaseSettings):
    """How much a worker does at once, and which build it is."""

    model_config = READ_FROM_ENVIRONMENT

    worker_tasks: int = Field(
        20,
        ge=2,
        le=500,
        description="How many proposals a worker moves on at the same time. Temporal gives each "
        "ten seconds: with more than the machine can do by then, all of them start over.",
    )
    worker_cache: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="How many open workflows a worker keeps in memory, 0.1 MB each. One that is "
        "not there when it is woken is read from Temporal again.",
    )
    worker_deployment: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,100}$",
        description="Switches Temporal's worker versioning on: the name of the deployment that "
        "our workers are. Then nothing runs until `tessera server promote` has named a build.",
    )
    worker_build_id: str = Field(
        version("tessera-server"),
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Which build this worker is, where workers are versioned: another one for "
        "every image that is deployed. Default: the version of the release.",
    )
    worker_versioning: Versioning = Field(
        Versioning.AUTO_UPGRADE,
        description="Where workers are versioned. `auto_upgrade`: open proposals go on with the "
        "build that is current; `pinned`: each ends with the build that it began with, whose "
        "workers have to stay until then.",
    )
