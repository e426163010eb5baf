"""Channels' communicators with patience: theirs give up after a second, for which a busy machine may stop a process."""

import asyncio

from channels import testing

from tests.support.served import TIMEOUT_SECONDS


class Patient:
    """What the application sends may take TIMEOUT_SECONDS, as long as it runs; its exception is raised at once."""

    async def receive_output(self, timeout: float = TIMEOUT_SECONDS) -> dict:
        if not self.future.done():
            output = asyncio.ensure_future(self.output_queue.get())
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait({output, self.future}, timeout=TIMEOUT_SECONDS, return_when=first)
            if output.done():
                return output.result()
            output.cancel()
        return await super().receive_output(timeout=0)

    async def wait(self, timeout: float = TIMEOUT_SECONDS) -> None:
        await super().wait(max(timeout, TIMEOUT_SECONDS))


class HttpCommunicator(Patient, testing.HttpCommunicator):
    """``get_response`` waits for each part of the response."""


class WebsocketCommunicator(Patient, testing.WebsocketCommunicator):
    """``connect``, ``receive_from``, ``receive_json_from`` and ``disconnect`` wait; ``receive_nothing`` doesn't."""
