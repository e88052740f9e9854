"""Events as messages through Apprise: mail, chat and a hundred services more, each by a URL (extra `apprise`).

Apprise blocks, and a service that hangs would keep its thread for ever: so it has a process of its own, which is ended
where it takes too long, and started again for the next try.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import trio
from attrs import define, field

from statustrio.config import ConsumerConfig
from statustrio.consumers.shapes import heading, plain_text
from statustrio.errors import ConsumerGoneError, DeliveryError
from statustrio.store.protocol import Logged

PROGRAM = Path(__file__).with_name("apprise_process.py")
START_SECONDS = 30.0
"""To import it takes half a second of a core, which others may want as well."""
LONGEST_ANSWER = 100


@define(eq=False)
class Messenger:
    """`deliver` is called by one worker at a time or more; the process takes one message after the other."""

    _config: ConsumerConfig
    _process: trio.Process | None = None
    _turn: trio.Lock = field(factory=trio.Lock)

    async def start(self) -> None:
        """Have the process. ConsumerGoneError for a URL that Apprise does not know, DeliveryError where it fails."""
        # What it says on stderr would hold the URLs. Where the user is (-P) nothing is imported from.
        process = self._process = await trio.lowlevel.open_process(
            [sys.executable, "-P", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        unknown = await self._ask(process, list(self._config.urls), START_SECONDS)
        if unknown is not None:
            raise ConsumerGoneError(f"Apprise does not understand URL {unknown} of consumer `{self._config.id}`")

    async def deliver(self, logged: Logged) -> None:
        message = [heading(logged.event), plain_text(logged.event) or heading(logged.event)]
        async with self._turn:
            if self._process is None:
                await self.start()
            assert self._process is not None
            # Whether what hangs was sent nobody knows: it is sent again.
            if not await self._ask(self._process, message, self._config.timeout_seconds):
                raise DeliveryError("one of the services did not take it")

    async def watch(self) -> None:
        await trio.sleep_forever()

    async def _ask(self, process: trio.Process, question: Any, seconds: float) -> Any:
        """Send it a line and return what it answers. Where none comes in time, or at all, the process is ended."""
        assert process.stdin is not None
        assert process.stdout is not None
        answer = b""
        try:
            with trio.move_on_after(seconds) as deadline:
                await process.stdin.send_all(json.dumps(question).encode() + b"\n")
                while not answer.endswith(b"\n") and len(answer) < LONGEST_ANSWER:
                    if not (chunk := await process.stdout.receive_some()):
                        break
                    answer += chunk
            if deadline.cancelled_caught:
                raise DeliveryError(f"no answer within {seconds:g} s")
            return json.loads(answer)
        except (trio.BrokenResourceError, ValueError) as exc:
            raise DeliveryError("Apprise ended without an answer; is it installed in whole?") from exc
        finally:
            if not answer.endswith(b"\n"):
                await self.end()  # noqa: ASYNC102  it shields itself, and waits for a process that is killed

    async def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with trio.CancelScope(shield=True):
            process.kill()
            await process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                await stream.aclose()


@asynccontextmanager
async def open_apprise(config: ConsumerConfig) -> AsyncIterator[Messenger]:
    """Raises ConsumerGoneError for a URL that Apprise does not know."""
    messenger = Messenger(config)
    try:
        with suppress(DeliveryError):  # then the first delivery starts it
            await messenger.start()
        yield messenger
    finally:
        await messenger.end()  # noqa: ASYNC102  as above
