"""What operators take as it is: alert rules, a dashboard, a unit, an image. Each names only what there is."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from statustrio.cli.main import COMMANDS, statustrio
from statustrio.config import load_config
from statustrio.counts import REASONS, Counts
from statustrio.line import render
from statustrio.metrics import Metrics
from statustrio.store.opening import open_database
from statustrio.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parent.parent
CONTRIB = ROOT / "contrib"
FROM_PROMETHEUS = frozenset({"up"})

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: package prometheus)"
)
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def done(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((CONTRIB / "prometheus-rules.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    dashboard = json.loads((CONTRIB / "grafana-dashboard.json").read_text())
    found: list[dict[str, Any]] = dashboard["panels"]
    return found


EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in rules()},
    **{f"{panel['title']} {target['refId']}": target["expr"] for panel in panels() for target in panel["targets"]},
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every metric that a daemon shows, as the text of a scrape names it."""
    database = tmp_path_factory.mktemp("names") / "statustrio.db"
    with closing(SqliteStore(open_database(database), render)):
        text = Metrics(Counts(), database).render().decode()
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    histograms = {
        f"{name}{end}" for name, kind in types.items() if kind == "histogram" for end in ("_bucket", "_count")
    }
    return types.keys() | histograms


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_names_metrics_that_there_are(expression: str, names: set[str]) -> None:
    used = set(re.findall(r"\b((?:statustrio|process)_\w+)", expression))
    assert used
    assert used <= names


def test_each_alert_says_how_bad_it_is_and_what_it_means() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"]


def test_commands_that_an_alert_names_exist() -> None:
    text = (CONTRIB / "prometheus-rules.yml").read_text()
    assert set(re.findall(r"`statustrio ([a-z-]+)", text)) <= COMMANDS.keys()


def test_the_dashboard_can_be_imported_anywhere() -> None:
    dashboard = json.loads((CONTRIB / "grafana-dashboard.json").read_text())
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}
    assert [one["name"] for one in dashboard["templating"]["list"]] == ["datasource", "instance"]
    assert len({panel["id"] for panel in panels()}) == len(panels())
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    for reason in re.findall(
        r"(\w+): ", next(one for one in panels() if one["title"] == "Why polls fail")["description"]
    ):
        assert reason in REASONS


@pytest.mark.slow
@needs_promtool
def test_promtool_takes_the_rules_and_they_fire_when_they_should() -> None:
    checked = done("promtool", "check", "rules", str(CONTRIB / "prometheus-rules.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = done("promtool", "test", "rules", str(CONTRIB / "prometheus-rules-test.yml"))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_is_seen_to_fire() -> None:
    text = (CONTRIB / "prometheus-rules-test.yml").read_text()
    assert set(re.findall(r'alertname="(\w+)"', text)) == {rule["alert"] for rule in rules()}


def test_the_page_on_operation_names_each_metric_and_no_other(names: set[str]) -> None:
    text = (ROOT / "docs/operation.md").read_text()
    named = set(re.findall(r"`(statustrio_\w+)", text))
    ours = {name for name in names if name.startswith("statustrio_") and not re.search("_(?:bucket|count)$", name)}
    assert named == ours
    assert set(REASONS) <= set(re.findall(r"`(\w+)`", text))


def test_what_the_page_on_operation_shows_is_true(tmp_path: Path) -> None:
    text = (ROOT / "docs/operation.md").read_text()
    (table,) = re.findall(r"^## The log$(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    source = "".join(path.read_text() for path in (ROOT / "statustrio").rglob("*.py"))
    logged = re.findall(r"`([a-z]+\.[a-z_]+)`", table)
    assert len(logged) >= 10
    assert [name for name in logged if f'"{name}"' not in source] == []
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        assert (ROOT / "docs" / target).exists(), target
    anchors = {
        re.sub(r"[^\w ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == anchors
    (heartbeat,) = re.findall(r"^heartbeat: .*$", text, re.MULTILINE)
    config = tmp_path / "providers.yaml"
    config.write_text(f"providers: [github]\n{heartbeat}\n")
    assert load_config(config, {"HEARTBEAT_URL": "https://hc.example/x"}).heartbeat is not None


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (CONTRIB / "statustrio.service").read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def test_the_unit_speaks_the_daemons_language() -> None:
    keys = unit()
    assert keys["Type"] == ["notify"]
    assert keys["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert keys["RestartPreventExitStatus"] == ["2"]
    assert int(keys["WatchdogSec"][0]) >= 10
    assert int(keys["TimeoutStopSec"][0]) > 5
    _, *words = shlex.split(keys["ExecStart"][0])
    assert words == ["run"]
    for setting in keys["Environment"]:
        assert setting.partition("=")[0] in {"STATUSTRIO_CONFIG", "STATUSTRIO_DB"}


@pytest.mark.slow
@needs_systemd
def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    path = tmp_path / "statustrio.service"
    text = (CONTRIB / "statustrio.service").read_text()
    path.write_text(text.replace("/opt/statustrio/bin/statustrio", "/bin/true"))
    verified = done("systemd-analyze", "verify", str(path))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    exposed = done("systemd-analyze", "security", "--offline=yes", "--threshold=15", str(path))
    assert exposed.returncode == 0, exposed.stdout[-500:]


def dockerfile() -> list[list[str]]:
    """The instructions, each as its words; continued lines are one."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_copies_what_there_is_and_all_that_a_build_needs() -> None:
    copied = [
        word for name, *words in dockerfile() if name == "COPY" and "--from" not in words[0] for word in words[:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_through == set(copied)
    project = (ROOT / "pyproject.toml").read_text()
    for key in ("readme", "license-files"):
        (named,) = re.findall(rf'^{key} = \[?"([^"]+)"', project, re.MULTILINE)
        assert named in copied
    assert (ROOT / "statustrio/store/schema.sql").resolve() == ROOT / "schema.sql"
    assert "schema.sql" in copied


def test_the_image_runs_as_nobody_in_particular_and_is_asked_how_it_is() -> None:
    by_name = {name: words for name, *words in dockerfile()}
    user, group = by_name["USER"][0].split(":")
    assert int(user) > 999
    assert int(group) > 999
    assert by_name["VOLUME"] == ["/data"]
    assert json.loads(" ".join(by_name["ENTRYPOINT"])) == ["statustrio"]
    for words in (json.loads(" ".join(by_name["CMD"])), json.loads(" ".join(by_name["HEALTHCHECK"][4:]))[1:]):
        assert CliRunner().invoke(statustrio, [*words, "--help"]).exit_code == 0
