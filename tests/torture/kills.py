"""SIGKILL at random instants and at each named point: the daemon on pages whose truth is known, and all it tells.

Between two lives twenty minutes pass, for the daemon: so what it holds back comes due, what a page took down is
confirmed, and there is something to prune.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import trio
from server import open_server

from benchmarks.figures import progress
from torture.crash_points import POINTS
from torture.figures import Figure
from torture.lives import Warm, open_warm
from torture.migrated import kill_migrations
from torture.options import Options
from torture.verdict import verdict
from torture.world import Kill, World


def plan(options: Options, chance: random.Random) -> list[Kill]:
    """Each point as often as the other, some three fifths of all; a third at random instants at least."""
    rounds = max(1, options.kills * 3 // 5 // len(POINTS))
    anywhere = max(options.kills - rounds * len(POINTS), options.kills // 3)
    passes = 2 if options.short else 4
    kills = [Kill(name, chance.randrange(passes)) for name in POINTS for _ in range(rounds)]
    kills += [Kill() for _ in range(anywhere)]
    chance.shuffle(kills)
    late = [kill for kill in kills if kill.point is not None and POINTS[kill.point].needs_a_past]
    others = [kill for kill in kills if kill not in late]
    for number, kill in enumerate(reversed(late)):
        others.insert(len(others) - 2 * number * len(others) // (3 * len(late)), kill)
    return others


def run(options: Options) -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        (folder / "told").mkdir()
        with open_warm(folder) as warm:
            yield from trio.run(_run, options, folder, warm)


async def _run(options: Options, folder: Path, warm: Warm) -> list[Figure]:
    chance = random.Random(options.seed)
    kills = plan(options, chance)
    async with open_server(deadline=3600) as server, trio.open_nursery() as nursery:
        world = World(folder, warm, server, chance, len(kills) + 3 * len(POINTS))
        world.put_up()
        nursery.start_soon(world.hear)
        await world.see_all()
        nursery.start_soon(world.go_on)
        for done, kill in enumerate(kills, start=1):
            await world.die(kill)
            if done % 100 == 0:
                progress(f"{done} of {len(kills)} kills")
        for name in POINTS:
            # Whether there was something to forget depends on chance: it has more than one, with more past each time.
            for _ in range(3):
                if not world.reached[name]:
                    await world.die(Kill())
                    await world.see_all()
                    await world.die(Kill(name))
        await world.drain()
        figures = [*verdict(world), *await kill_migrations(options, world.database, world.start_calmly)]
        nursery.cancel_scope.cancel()
    return figures
