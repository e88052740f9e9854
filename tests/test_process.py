"""What the process asks of the system and of the interpreter; each test in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

SETTINGS = """
import gc, sys
from statustrio.process import keep_pauses_short
before = gc.get_threshold(), sys.getswitchinterval()
keep_pauses_short()
assert all(new >= old for new, old in zip(gc.get_threshold()[:1], before[0][:1]))
assert sys.getswitchinterval() <= 0.0002
# One object in a cycle is still found in the end, just not at every turn.
import weakref
class Node: pass
node = Node()
node.itself = node
gone = weakref.ref(node)
del node
keep = [[] for _ in range(100_000)]
assert gone() is None
"""
FILES = """
import resource
from statustrio.process import raise_open_files
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, hard), hard))
raise_open_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
"""
MEMORY = """
from pathlib import Path
from statustrio.process import give_back_memory
def used():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
blocks = [bytes(16 * 1024) for _ in range(4000)]
pins = [bytes(16 * 1024) for _ in range(100)]
del blocks
before = used()
give_back_memory()
assert before - used() > 20_000, (before, used())
give_back_memory()
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_pauses_are_short_and_cycles_still_end() -> None:
    run(SETTINGS)


def test_as_many_files_may_be_open_as_are_allowed() -> None:
    run(FILES)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_free_memory_inside_the_heap_is_given_back() -> None:
    run(MEMORY)


def test_without_a_c_library_that_can_nothing_happens() -> None:
    run(
        "import ctypes\n"
        "def none(name): raise OSError('no such library')\n"
        "ctypes.CDLL = none\n"
        "from statustrio.process import give_back_memory\n"
        "give_back_memory()"
    )
