"""Completion as shells have it: what is offered for each argument, in real bash, quickly and without harm."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from attrs import frozen
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from daemons import environment
from past import AT, at, commit, incident

from statustrio.cli.completion import SHELLS
from statustrio.cli.main import COMMANDS, statustrio
from statustrio.line import render
from statustrio.store.opening import open_database
from statustrio.store.protocol import Wanted
from statustrio.store.sqlite import SqliteStore

CONFIG = """\
providers:
  - github
  - {name: "Acme Cloud", feed_url: "https://acme.example/feed"}
  - {name: X, id: bolt}
  - [no, item]
consumers:
  - {type: stdout}
  - {type: file, id: events, colour: red}
  - 7
"""
HOSTILE = ("$(touch owned)", "a;b", "`x`", "a b", "~root", "a\nb", "a:b")


@frozen
class Shell:
    """What click answers to the scripts of the shells."""

    options: tuple[str, ...]

    def offered(self, *words: str) -> list[str]:
        """What is offered for the last of these words."""
        *before, typed = words
        complete = ShellComplete(statustrio, {}, "statustrio", "_STATUSTRIO_COMPLETE")
        return [one.value for one in complete.get_completions([*self.options, *before], typed)]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "providers.yaml").write_text(CONFIG)
    return Shell(("-c", str(tmp_path / "providers.yaml"), "--db", str(tmp_path / "statustrio.db")))


@pytest.fixture
def history(tmp_path: Path) -> None:
    with closing(SqliteStore(open_database(tmp_path / "statustrio.db"), render)) as store:
        store.configure([Wanted(one, one.title(), f"https://{one}.example") for one in ("acme", "arc", "bolt")])
        hostile = [incident(one, started_at=at(-9)) for one in HOSTILE]
        commit(store, incident("q8r5", title="API\ndown"), incident("k3y7", started_at=at(-1)), *hostile)
        commit(store, provider="arc", last_success_at=AT)


def test_commands_and_options_are_offered(shell: Shell) -> None:
    assert shell.offered("") == list(COMMANDS)
    assert shell.offered("inc") == ["incidents"]
    assert shell.offered("status", "--fail-on", "m") == ["minor", "major"]
    assert shell.offered("config", "") == ["schema"]
    assert "--since" in shell.offered("incidents", "--s")
    assert shell.offered("status", "--nonsense", "--a") == []


@pytest.mark.usefixtures("history")
def test_providers_are_those_of_the_database(shell: Shell) -> None:
    for words in (["status"], ["status", "bolt"], ["wait"], ["incidents", "--provider"]):
        assert shell.offered(*words, "a") == ["acme", "arc"]
    assert shell.offered("mute", "") == shell.offered("unmute", "") == ["all", "acme", "arc", "bolt"]


def test_before_there_is_a_database_providers_are_those_of_the_configuration(shell: Shell) -> None:
    assert shell.offered("status", "") == ["github", "acme-cloud", "bolt"]


@pytest.mark.usefixtures("history")
def test_they_are_looked_for_where_the_commands_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell(())
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for directory in (home / ".config" / "statustrio", home / ".local" / "state" / "statustrio", elsewhere):
        directory.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "STATUSTRIO_CONFIG", "STATUSTRIO_DB"):
        monkeypatch.delenv(name, raising=False)
    assert shell.offered("status", "") == []
    (home / ".config" / "statustrio" / "providers.yaml").write_text(CONFIG)
    assert shell.offered("status", "") == ["github", "acme-cloud", "bolt"]
    (tmp_path / "statustrio.db").rename(home / ".local" / "state" / "statustrio" / "statustrio.db")
    assert shell.offered("status", "a") == ["acme", "arc"]
    monkeypatch.setenv("STATUSTRIO_DB", str(tmp_path / "none.db"))
    assert shell.offered("status", "a") == ["acme-cloud"]


@pytest.mark.usefixtures("history")
def test_incidents_are_offered_newest_first_by_either_name(shell: Shell) -> None:
    assert shell.offered("why", "") == ["acme/q8r5", "acme/k3y7"]
    assert shell.offered("why", "k") == ["k3y7"]
    assert shell.offered("mute", "acme/q") == ["acme/q8r5"]


@pytest.mark.usefixtures("history")
def test_what_a_page_made_up_is_no_command_to_a_shell(shell: Shell) -> None:
    for typed in ("", "acme/", "$", "a", "`", "~"):
        assert not {one for one in shell.offered("why", typed) if set(one) & set("$;`~ \n:")}


def test_consumers_and_pages_of_the_catalog_are_offered(shell: Shell) -> None:
    assert shell.offered("test", "") == shell.offered("explain-routing", "--consumer", "") == ["stdout", "events"]
    assert "openai" in shell.offered("add", "open")


@pytest.mark.parametrize("text", [None, "", "providers: [", "providers: {}\nconsumers: 5", "\x00"])
def test_where_nothing_can_be_read_nothing_is_offered_and_nothing_said(
    shell: Shell, tmp_path: Path, text: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    if text is None:
        (tmp_path / "providers.yaml").unlink()
    else:
        (tmp_path / "providers.yaml").write_text(text)
    (tmp_path / "statustrio.db").write_text("not a database")
    for words in (["why"], ["wait"], ["mute"]):
        assert shell.offered(*words, "x") == []
    assert shell.offered("test", "x") == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SHELLS)
def test_each_shell_has_a_script(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda *_: None)
    result = CliRunner().invoke(statustrio, ["completion", name])
    assert result.exit_code == 0
    assert "_statustrio_completion" in result.stdout
    assert f"_STATUSTRIO_COMPLETE={name}_complete" in result.stdout


def in_shell(script: str, place: Path, *shell: str) -> str:
    programs = place / "programs"
    programs.mkdir(exist_ok=True)
    # no `exec -a`: click goes by the name of the program
    (programs / "statustrio").write_text(
        f"#!{sys.executable}\nimport sys\nfrom statustrio.cli.main import main\nsys.argv[0] = 'statustrio'\nmain()\n"
    )
    (programs / "statustrio").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*shell, script], cwd=place, env=environment(PATH=path), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


BASH = """\
eval "$(statustrio completion bash)"
complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _statustrio_completion statustrio 2>&1; }
complete_line statustrio inc; printf '%s\\n' "${COMPREPLY[@]}"
complete_line statustrio why ac; printf '%s\\n' "${COMPREPLY[@]}"
complete_line statustrio test ""; printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.slow
@pytest.mark.usefixtures("shell", "history")
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_in_bash_a_press_of_tab_completes(tmp_path: Path) -> None:
    said = in_shell(BASH, tmp_path, "bash", "--norc", "-c")
    assert said.splitlines() == ["incidents", "acme/q8r5", "acme/k3y7", "stdout", "events"]
    assert not (tmp_path / "owned").exists()


FISH = 'statustrio completion fish | source; complete -C "statustrio why ac"; complete -C "statustrio inc"'


@pytest.mark.slow
@pytest.mark.usefixtures("shell", "history")
@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_in_fish_a_press_of_tab_completes(tmp_path: Path) -> None:
    said = in_shell(FISH, tmp_path, "fish", "--no-config", "-c")
    assert [line.split("\t")[0] for line in said.splitlines()] == ["acme/q8r5", "acme/k3y7", "incidents"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_takes_the_script(tmp_path: Path) -> None:
    script = "autoload -U compinit; compinit -D; source <(statustrio completion zsh); print $_comps[statustrio]"
    assert in_shell(script, tmp_path, "zsh", "-f", "-c") == "_statustrio_completion\n"


@pytest.mark.slow
@pytest.mark.usefixtures("shell", "history")
def test_a_press_of_tab_takes_little_longer_than_python_itself(tmp_path: Path) -> None:
    words = {"_STATUSTRIO_COMPLETE": "bash_complete", "COMP_WORDS": "statustrio why ", "COMP_CWORD": "2"}
    code = "import sys; sys.argv[0] = 'statustrio'; from statustrio.cli.main import main; main()"
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment(**words), capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert b"acme/q8r5" in done.stdout
    assert min(times) < 0.4  # 0.13 by itself
