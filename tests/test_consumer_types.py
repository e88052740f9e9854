"""Types of consumers from other packages, made here as files that look installed: found, checked, opened, or blamed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from attrs import define, field
from build import NOON
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from statustrio.cli.main import statustrio
from statustrio.config import ConsumerConfig, load_config
from statustrio.config_rules import CONSUMERS
from statustrio.consumers import open_consumer
from statustrio.errors import ConfigError
from statustrio.events import Event
from statustrio.line import render
from statustrio.store.protocol import Logged

HEAD = "providers:\n  - {name: GitHub, feed_url: 'https://www.githubstatus.com/history.atom'}\n"
SOURCE = """
from __future__ import annotations
from contextlib import asynccontextmanager
from attrs import field, frozen
from statustrio.config_rules import ConsumerItem, Count, FilePath, Line, Secret
from statustrio.config_values import BadValueError
from statustrio.consumers.consumer import ConsumerType

def even(_item, _field, value):
    if value % 2:
        raise BadValueError("pages: must be even")

@frozen(kw_only=True)
class PagerItem(ConsumerItem):
    path: FilePath
    number: Line
    token: Secret | None = None
    pages: Count = field(default=Count(2), validator=even)
    odd: int = 1

class Pager:
    def __init__(self, item):
        self.item = item
    async def deliver(self, logged):
        with open(self.item.path, "a") as file:
            file.write(f"{self.item.number} {logged.event.event}\\n")
    async def watch(self):
        pass

@asynccontextmanager
async def open_pager(item):
    yield Pager(item)

CONSUMER = ConsumerType(PagerItem, open_pager)
"""


@define
class Site:
    """A directory on the path of modules, into which packages are put as an installer would."""

    path: Path
    _made: list[str] = field(factory=list)

    def install(self, package: str, source: str | None, points: str) -> None:
        if source is not None:
            (self.path / f"{package}.py").write_text(source, encoding="utf-8")
            self._made.append(package)
        info = self.path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[statustrio.consumers]\n{points}\n", encoding="utf-8")

    def load(self, consumer: str, **environ: str) -> ConsumerConfig:
        path = self.path / "providers.yaml"
        path.write_text(f"{HEAD}consumers: [{{{consumer}}}]\n", encoding="utf-8")
        (only,) = load_config(path, environ).consumers
        return only

    def problem(self, consumer: str) -> str:
        with pytest.raises(ConfigError) as caught:
            self.load(consumer)
        (problem,) = caught.value.problems
        return problem.removeprefix(f"{self.path}/providers.yaml:3:").partition(": ")[2]

    def forget(self) -> None:
        for name in self._made:
            sys.modules.pop(name, None)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    site = Site(tmp_path)
    yield site
    site.forget()


@pytest.fixture
def pager(site: Site) -> Site:
    site.install("pagerlib", SOURCE, "pager = pagerlib:CONSUMER")
    return site


async def test_its_keys_arrive_and_its_consumer_is_told(pager: Site) -> None:
    config = pager.load(f"type: pager, id: night, path: {pager.path}/out, number: '112', min_impact: major, hold: 3m")
    assert (config.id, config.type, config.filter.min_impact, config.path) == ("night", "pager", "major", None)
    assert config.brought
    event = Event(1, "id", NOON, "incident.opened", "acme", "Acme")
    with trio.fail_after(5):
        async with open_consumer(config, style="json", writers={}) as consumer:
            await consumer.deliver(Logged(1, event, render(event)))
    assert (pager.path / "out").read_text() == "112 incident.opened\n"


def test_what_is_configured_is_compared_and_never_shown(pager: Site) -> None:
    keys = "type: pager, path: out, number: '${NUMBER}', token: '${TOKEN}'"
    token = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    one, other = (pager.load(keys.replace("${NUMBER}", number), TOKEN=token) for number in ("1", "2"))
    assert one == pager.load(keys.replace("${NUMBER}", "1"), TOKEN=token)
    assert one != other
    assert token not in repr(one)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("type: pager, number: '1'", "consumers[0].path: this key is needed"),
        ("type: pager, path: a, numbr: '1'", "consumers[0].numbr: unknown key, did you mean `number`?"),
        ("type: pager, path: a, number: 1", "consumers[0].number: must be text, not a number; write it in quotes"),
        ("type: pager, path: a, number: '1', secret: x", "consumers[0].secret: unknown key for this type"),
        ("type: pager, path: a, number: '1', hold: 3", "consumers[0].hold: must be a span of time"),
        ("type: pager, path: a, number: '1', pages: 3", "consumers[0]: pages: must be even"),
        (
            "type: pager, path: a, number: '1', odd: s3cret",
            "consumers[0].type: the rules of this type are broken (ValueError)",
        ),
        ("type: page", "consumers[0].type: unknown consumer type `page`, did you mean `pager`?"),
        (
            "type: zzz",
            f"consumers[0].type: unknown consumer type `zzz`; known are {', '.join(CONSUMERS)}, pager",
        ),
        (
            "id: x",
            f"consumers[0].type: this key is needed; known are {', '.join(CONSUMERS)}, pager",
        ),
    ],
)
def test_each_mistake_is_told_as_that_of_a_type_that_is_built_in(pager: Site, keys: str, expected: str) -> None:
    problem = pager.problem(keys)
    assert problem.startswith(expected)
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "the package pagerlib cannot be loaded: ModuleNotFoundError: No module named 'pagerlib'"),
        ("import nonsense_that_is_not_there", "cannot be loaded: ModuleNotFoundError"),
        ("def broken(:", "cannot be loaded: SyntaxError"),
        ("raise RuntimeError('not\\n  today')", "cannot be loaded: RuntimeError: not today"),
        ("x = 1", "cannot be loaded: AttributeError"),
        ("CONSUMER = 5", "the package pagerlib brings no ConsumerType by `pagerlib:CONSUMER`"),
        (f"{SOURCE}\nCONSUMER = PagerItem", "brings no ConsumerType"),
        (SOURCE.replace("FilePath,", ""), "the rules of this type are broken (NameError)"),
    ],
)
def test_a_package_that_is_broken_is_one_clear_message_where_it_is_used(
    site: Site, source: str | None, expected: str
) -> None:
    site.install("pagerlib", source, "pager = pagerlib:CONSUMER")
    assert expected in site.problem("type: pager, path: a, number: '1'")
    assert site.load("type: stdout").type == "stdout"


def test_of_two_packages_that_bring_one_type_neither_is_taken(pager: Site) -> None:
    pager.install("otherlib", SOURCE, "pager = otherlib:CONSUMER")
    assert "two packages bring this type, otherlib and pagerlib" in pager.problem("type: pager, path: a, number: '1'")


def test_a_type_that_is_built_in_stays_what_it_is(site: Site) -> None:
    site.install("filelib", "raise SystemExit", "file = filelib:CONSUMER")
    assert site.load("type: file, path: a").brought is None


@pytest.mark.slow
def test_nobody_looks_for_packages_where_none_is_named(site: Site) -> None:
    site.install("pagerlib", "raise SystemExit('it was loaded')", "pager = pagerlib:CONSUMER")
    config = site.path / "providers.yaml"
    config.write_text(f"{HEAD}consumers: [{{type: stdout}}, {{type: file, path: a}}]\n", encoding="utf-8")
    told = (
        "import sys\n"
        "from statustrio.cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print([one for one in ('importlib.metadata', 'pagerlib', 'icalendar') if one in sys.modules])\n"
    )
    for args in (["--version"], ["--config", str(config), "check"]):
        done = subprocess.run(
            [sys.executable, "-c", told, *args],
            env={**os.environ, "PYTHONPATH": str(site.path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]"), done.stderr


def test_the_schema_for_editors_knows_its_keys(pager: Site) -> None:
    pager.install("broken", "raise ValueError('oh')", "broken = broken:CONSUMER")
    result = CliRunner().invoke(statustrio, ["config", "schema"])
    assert result.exit_code == 0
    assert result.stderr == "left out the type broken: the package broken cannot be loaded: ValueError: oh\n"
    validator = Draft202012Validator(json.loads(result.stdout))

    def is_valid(**keys: object) -> bool:
        return validator.is_valid({"providers": ["github"], "consumers": [{"type": "pager", **keys}]})

    assert is_valid(path="x", number="7", pages=4, odd=3, min_impact="major")
    assert not is_valid(path="x")
    assert not is_valid(path="x", number=7)
    assert not is_valid(path="x", number="7", colour="red")
