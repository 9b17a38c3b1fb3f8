"""Lets the Temporal SDK download its development server into a directory, and ends.

Run as `python temporal_download.py VERSION DIRECTORY`, a process of its own, so that it can be
given up when the network does not answer. The SDK downloads as a part of starting, so it starts.
"""

import asyncio
import sys

from temporalio.testing import WorkflowEnvironment


async def download(version: str, directory: str) -> None:
    environment = await WorkflowEnvironment.start_local(
        download_dest_dir=directory, dev_server_download_version=f"v{version}"
    )
    await environment.shutdown()


if __name__ == "__main__":
    asyncio.run(download(sys.argv[1], sys.argv[2]))
