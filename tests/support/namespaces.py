"""Namespaces of Temporal in which nothing was set up."""

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client


async def register(client: Client) -> None:
    """Make the namespace that a client names."""
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=client.namespace,
            workflow_execution_retention_period=Duration(seconds=86_400),
        )
    )
