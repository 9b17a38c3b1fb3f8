"""How workflows are run: what their values look like on the wire, and the sandbox around them.

Both do what the SDK's own do. They only leave out what it does anew for every workflow and every
value, which was a third of the worker's time and half of the memory of a workflow that waits.
"""

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    StorageDriverStoreContext,
)
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

VALUES = ("activities.payloads", "workflows.options", "workflows.attributes")
"""Modules that workflows share with the outside: plain values only."""
CODE = ("workflows",)
"""The workflows themselves. They keep nothing in their modules, so these need not be imported again
for each run; tests do that all the same, for then the sandbox sees more of what they do."""

_JSON = PydanticJSONPlainPayloadConverter()
"""Prepares each of our types once; the SDK makes a converter, and prepares all, per workflow."""


class PydanticPayloads(CompositePayloadConverter):
    """The same JSON as the SDK's converter for pydantic."""

    def __init__(self) -> None:
        super().__init__(
            *(
                _JSON if isinstance(each, JSONPlainPayloadConverter) else each
                for each in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


DATA_CONVERTER = DataConverter(payload_converter_class=PydanticPayloads)
"""Client, worker, replayer and tests share this one."""


class Sandbox(WorkflowRunner):
    """The SDK's sandbox, which is not entered for every value to ask in which context it is.

    Contexts are for converters and storage that differ by workflow; ours do not.
    """

    def __init__(self, *, strict: bool = False) -> None:
        shared = VALUES if strict else (*VALUES, *CODE)
        self._runner = SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*shared)
        )

    def prepare_workflow(self, defn: object) -> None:
        """Import it once, so that what the sandbox refuses is known before the worker polls."""
        self._runner.prepare_workflow(defn)  # type: ignore[arg-type]  # the SDK keeps its type private

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return a workflow in a sandbox of its own."""
        return _Sandboxed(self._runner.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: object) -> None:
        """None are set."""


class _Sandboxed(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext()

    def get_info(self) -> Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
