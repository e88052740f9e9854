"""Runs the worst days by name, all of them without one, and says which figures are over what was promised.

Needs Linux. Exit status: 0; 1 if a promise was broken; 2 where something is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.figures import progress, say
from benchmarks.questions import ask, parse_names
from statustrio.logs import configure_logs
from statustrio.redaction import Redactor
from torture.figures import HEAD, Figure
from torture.options import Options

DAYS = {
    "kills": "SIGKILL at random instants and at each named point",
    "hostile": "sixty hostile pages beside twenty healthy ones",
    "disk": "a full disk, a lock, a damaged file",
    "receivers": "consumers that are down, slow, or hang",
    "year": "four hundred days of fifty providers in virtual time",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("--short", action="store_true", help="as continuous integration runs them")
    parser.add_argument("--kills", type=int, help="how often the daemon is killed (1000, short: 30)")
    parser.add_argument("--seed", type=int, default=7, help="of all that is random (7)")
    args = parse_names(parser, DAYS)
    if not sys.platform.startswith("linux"):
        progress("the torture needs Linux: it reads /proc and fills a disk of its own")
        return 2
    configure_logs("error", Redactor())
    options = Options(short=args.short, kills=args.kills or (30 if args.short else 1000), seed=args.seed)
    figures = ask("torture", args.names or DAYS, options, Figure, HEAD)
    broken = [figure.name for figure in figures if figure.verdict == "broken"]
    if broken:
        say(f"broken: {'; '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
