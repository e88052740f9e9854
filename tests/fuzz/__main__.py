"""Fuzzes what strangers can put before the program: pages and what is around them, configurations, lists, requests.

Each finding is saved with the command that shows it again. Exit status: 0; 1 if there is any.
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
from pathlib import Path

import structlog

sys.path.append(str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks.figures import say
from fuzz import pages
from fuzz.engine import looked, name_of, open_sessions, run, too_slow
from fuzz.targets import TARGETS

FINDINGS = Path(".cache/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all without one")
    parser.add_argument("--seconds", type=float, default=60, help="how long it looks (60)")
    parser.add_argument("--seed", type=int, default=7, help="of all that is random (7)")
    parser.add_argument("--feeds", type=Path, default=pages.CAPTURES, help="a directory of captures, seeds as well")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="looks at one saved input and says what is wrong")
    args = parser.parse_args()
    pages.CAPTURES = args.feeds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if args.replay:
        target = TARGETS[args.replay.name.partition("-")[0]]
        with target.examine() as examine:
            look = looked(examine, args.replay.read_bytes())
        say(f"{look.sign}\n{look.cpu:.3f} s of CPU for {look.size} bytes{', too slow' if too_slow(look) else ''}")
        return int(too_slow(look))
    for name in args.names:
        if name not in TARGETS:
            parser.error(f"{name!r} is none of {', '.join(TARGETS)}")
    chosen = [TARGETS[name] for name in args.names or TARGETS]
    with open_sessions(chosen, args.seed) as sessions:
        findings = run(sessions, args.seconds)
    for session in sessions:
        line = f"{session.target.name:<12} {session.inputs:>8} inputs {len(session.signs):>6} kinds"
        if session.slowest_data:
            path = FINDINGS / f"slowest-{name_of(session.target.name, session.slowest_data)}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(session.slowest_data)
            size = len(session.slowest_data)
            seconds = session.slowest * size / 2**20
            line += f"  worst {session.slowest:.2f} s/MiB ({seconds:.2f} s for {size / 1000:.0f} KB)  {path}"
        say(line)
    say(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB of memory")
    for finding in findings:
        path = finding.save(FINDINGS)
        say(f"{finding.what}\n  python tests/fuzz --replay {path}")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
