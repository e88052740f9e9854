"""The daemon where names do not resolve and a platform's reader has bugs; it also notes when polls were due.

    python tests/torture/hostile_daemon.py DIRECTORY [OPTIONS AND COMMAND OF STATUSTRIO]

As long as there is a file `hostile` in the directory, `fails.localhost` is no name and the look-up of `hangs.localhost`
has no end. 127.0.0.1 plays the Internet. At the end the file `dues` in it has a line for each poll that was to be made.
"""

from __future__ import annotations

import atexit
import itertools
import json
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

directory = Path(sys.argv.pop(1))
hostile = directory / "hostile"
look_up = socket.getaddrinfo


def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    if kwargs.get("flags", dict(enumerate(args)).get(3, 0)) & socket.AI_NUMERICHOST:  # nobody is asked
        return look_up(host, port, *args, **kwargs)
    name = host.decode() if isinstance(host, bytes) else host
    if name == "inside.localhost":
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.2", int(port)))]
    if name == "fails.localhost" and hostile.exists():
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    while name == "hangs.localhost" and hostile.exists():
        time.sleep(0.1)
    if name in {"fails.localhost", "hangs.localhost"}:
        host = "127.0.0.1"
    return look_up(host, port, *args, **kwargs)


socket.getaddrinfo = getaddrinfo  # before anything takes it for a default

from statustrio import dialing, fetch, poller, targets  # noqa: E402
from statustrio.cli.main import main  # noqa: E402
from statustrio.model import ProviderState  # noqa: E402
from statustrio.platforms import timeline  # noqa: E402

is_public, html_to_text = dialing.is_public, timeline.html_to_text
dues: defaultdict[str, list[float]] = defaultdict(list)


def read(source: str) -> str:
    if "RAISE" in source:
        return str(1 // 0)
    if "SPIN" in source:
        for _ in itertools.count():
            pass
    return html_to_text(source)


def noting(due_of: Callable[..., datetime | None], *, instead: bool) -> Callable[..., datetime | None]:
    """Note when a poll is due; `instead` of the one that was due, where there is one: it was woken before."""

    def noted(pace: Any, state: ProviderState, *args: Any) -> datetime | None:
        due = due_of(pace, state, *args)
        mine = dues[state.provider]
        if instead and mine:
            mine.pop()
        if due is not None:
            mine.append(due.timestamp())
        return due

    return noted


timeline.html_to_text = read
for module in (dialing, fetch, targets):
    module.is_public = lambda address: address == "127.0.0.1" or is_public(address)  # type: ignore[attr-defined]  # it imports it
poller.first_due = noting(poller.first_due, instead=True)
poller.next_due = noting(poller.next_due, instead=False)
atexit.register(lambda: (directory / "dues").write_text(json.dumps(dues)))
main()
