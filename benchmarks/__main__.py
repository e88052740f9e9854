"""Runs the questions by name, all of them without one, and says which figures are over their goals.

Needs nginx and Linux. Exit status: 0; 1 if a figure is over its goal, in a short run over twice its goal; 2 where
something is missing.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from benchmarks.figures import HEAD, Figure, progress, say
from benchmarks.options import Options
from benchmarks.questions import ask, parse_names

QUESTIONS = {
    "parts": "reading a document, a commit, a start, a provider's memory",
    "mixes": "CPU per poll beside the reference, by what pages answer",
    "delay": "from a post to its line",
    "storm": "a thousand pages post at once",
    "history": "a million updates in the database",
    "page": "the site: two hundred streams beside the polls, and the overview",
    "scale": "ten thousand providers, and what grows with them",
}
SHORT = ("parts", "mixes")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a minute, for continuous integration")
    parser.add_argument("--rounds", type=int, help="of each figure that is compared (5)")
    parser.add_argument("--seconds", type=float, help="each client is measured in each round (6)")
    parser.add_argument("--providers", type=int, help="instead of what a question asks for by itself; the rate stays")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--tls", action="store_true", help="only with TLS")
    parser.add_argument("--mix", action="append", default=[], help="of the mixes, only this one")
    parser.add_argument("--switches-off", action="store_true", help="the reference parses without its two switches")
    args = parse_names(parser, QUESTIONS)
    if missing := what_is_missing():
        progress(missing)
        return 2
    options = Options(
        short=args.short,
        rounds=args.rounds or (1 if args.short else 5),
        seconds=args.seconds or (3.0 if args.short else 6.0),
        providers=args.providers,
        transports=(True,) if args.tls else (False,) if args.plain or args.short else (False, True),
        mixes=tuple(args.mix),
        switches_off=args.switches_off,
    )
    names = args.names or (SHORT if args.short else QUESTIONS)
    figures = ask("benchmarks", names, options, Figure, HEAD)
    over = [figure.name for figure in figures if (figure.far_over if args.short else figure.verdict == "over")]
    if over:
        say(f"over {'twice ' if args.short else ''}the goal: {'; '.join(over)}")
    return 1 if over else 0


def what_is_missing() -> str | None:
    if not sys.platform.startswith("linux"):
        return "the benchmarks read /proc: they need Linux"
    for module in ("aiohttp", "trustme"):
        if find_spec(module) is None:
            return f"{module} is missing: pip install --editable '.[bench]'"
    from benchmarks.origin import NGINX

    return None if NGINX else "nginx is missing: install the package nginx-light (or nginx) of your system"


if __name__ == "__main__":
    sys.exit(main())
