"""`opml import` and `opml export`: from another reader and back."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from statustrio.cli.main import statustrio
from statustrio.config import load_config
from statustrio.errors import ConfigError
from statustrio.opml import Outline, parse_opml, render_opml

TEXT = "providers:\n  - openai\n  # the end"
FEEDS = [
    Outline("OpenAI", "https://status.openai.com/feed.atom"),
    Outline("Example Status", "https://status.example.com/history.atom", ("shop", "eu")),
    Outline("Bad", "gopher://x.example"),
    Outline("GitHub", "https://www.githubstatus.com/history.atom"),
]


def run(path: Path, *args: str, **options: str | bytes) -> Result:
    return CliRunner().invoke(statustrio, ["-c", str(path), "opml", *args], **options)  # type: ignore[arg-type]  # click's


def test_feeds_are_added_a_line_each_and_the_rest_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "providers.yaml"
    path.write_text(TEXT)
    (tmp_path / "feeds.opml").write_text(render_opml(FEEDS))
    dry = run(path, "import", str(tmp_path / "feeds.opml"), "--dry-run")
    assert path.read_text() == TEXT
    result = run(path, "import", str(tmp_path / "feeds.opml"))
    lines = (
        '  - {name: "Example", feed_url: "https://status.example.com/history.atom", tags: ["shop", "eu"]}\n  - github\n'
    )
    assert (result.exit_code, result.stdout) == (0, f"{path}:3: added\n{lines}")
    assert dry.stdout == f"{path}:3: would add\n{lines}"
    assert path.read_text() == TEXT.replace("  # the end", f"{lines}  # the end")
    assert result.stderr.splitlines()[:2] == [
        "skipped OpenAI: its address is there already, in line 2",
        "skipped Bad: a URL begins with http:// or https://",
    ]
    assert [one.id for one in load_config(path, {}).providers] == ["openai", "example", "github"]
    again = run(path, "import", "-", input=render_opml(FEEDS).encode())
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.splitlines()[-1] == "0 to add, 4 skipped"


def test_a_password_in_a_list_is_not_shown(tmp_path: Path) -> None:
    feeds = render_opml(
        [Outline("", "https://me:hunter22@x.example/feed"), Outline("", "ftp://me:hunter22@x.example/")]
    )
    result = run(tmp_path / "p.yaml", "import", "-", input=feeds.encode())
    assert result.exit_code == 0
    assert "hunter22" not in result.output
    assert "hunter22" in (tmp_path / "p.yaml").read_text()


def test_what_is_no_list_ends_with_one_message(tmp_path: Path) -> None:
    result = run(tmp_path / "p.yaml", "import", "-", input=b"<html/>")
    assert isinstance(result.exception, ConfigError), "which is exit status 2"
    assert str(result.exception) == "<stdin>: not OPML: its root element is <html>"
    assert run(tmp_path / "p.yaml", "import", str(tmp_path / "none")).exit_code == 2


def test_providers_come_out_as_a_list_without_their_secrets(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        'providers:\n  - openai\n  - {name: "É", feed_url: "https://x.example/${TOKEN}"}\n'
        '  - {name: "Ü", feed_url: "https://y.example/f", tags: [a]}\n'
    )
    result = run(path, "export", env={"TOKEN": "hunter22"})  # type: ignore[arg-type]  # click's own keyword
    assert parse_opml(result.stdout_bytes) == (FEEDS[0], Outline("Ü", "https://y.example/f", ("a",)))
    assert result.stderr == "left out É: its address holds a secret\n"
