"""The process in which Apprise works: it blocks as long as it likes, and is ended where that is too long.

Run by its path, not imported. On stdin it is given lines of JSON, the URLs first, then one [title, body] for each
message; to each it answers with one on stdout: the number of the URL that Apprise does not know, or null; then whether
all services took the message. It ends with its stdin.
"""

from __future__ import annotations

import json
import logging
import sys

import apprise


def main() -> None:
    # It would log URLs, which hold tokens; and what a service prints is no answer.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(value: object) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    services = apprise.Apprise()
    urls = json.loads(sys.stdin.readline())
    answer(next((number for number, url in enumerate(urls, start=1) if not services.add(url)), None))
    for line in sys.stdin:
        title, body = json.loads(line)
        answer(bool(services.notify(title=title, body=body)))


if __name__ == "__main__":
    main()
