"""Where the configuration and the database are if nobody says."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from statustrio.cli.main import statustrio
from statustrio.cli.places import default_config, default_database, make_home
from statustrio.config_file import STARTER
from statustrio.errors import StoreError

HERE = Path("providers.yaml")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an empty working directory in it."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STARTER)
    return path


def test_the_first_that_is_there_is_in_force(home: Path) -> None:
    environ = {"HOME": str(home)}
    system = home / "etc"
    assert default_config(environ, system) == HERE
    of_system = put(system / "providers.yaml")
    assert default_config(environ, system) == of_system
    of_user = put(home / ".config/statustrio/providers.yaml")
    assert default_config(environ, system) == of_user
    of_xdg = put(home / "xdg/statustrio/providers.yaml")
    assert default_config(environ | {"XDG_CONFIG_HOME": str(home / "xdg")}, system) == of_xdg
    put(HERE)
    assert default_config(environ, system) == HERE


def test_without_a_home_and_with_relative_directories_there_is_only_the_systems(home: Path) -> None:
    system = home / "etc"
    put(Path("xdg/statustrio/providers.yaml"))
    put(Path(".config/statustrio/providers.yaml"))
    for environ in ({}, {"XDG_CONFIG_HOME": "xdg"}, {"HOME": ""}, {"HOME": "."}):
        assert default_config(environ, system) == HERE
        assert default_database(environ, system / "providers.yaml") == Path("statustrio.db")


def test_a_database_goes_with_its_configuration_and_never_leaves_one_that_is_here(home: Path) -> None:
    environ = {"HOME": str(home)}
    elsewhere = home / ".config/statustrio/providers.yaml"
    here = Path("statustrio.db")
    assert default_database(environ, HERE) == here
    assert default_database(environ, None) == here
    assert default_database(environ, elsewhere) == home / ".local/state/statustrio/statustrio.db"
    of_xdg = default_database(environ | {"XDG_STATE_HOME": str(home / "state")}, elsewhere)
    assert of_xdg == home / "state/statustrio/statustrio.db"
    here.touch()
    assert default_database(environ, elsewhere) == here


def test_the_home_of_a_database_is_made_for_its_owner_alone_and_no_other_directory(home: Path) -> None:
    environ = {"HOME": str(home)}
    made = home / ".local/state/statustrio"
    make_home(home / "other/statustrio.db", environ)
    assert not (home / "other").exists()
    make_home(made / "statustrio.db", environ)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    make_home(made / "statustrio.db", environ)
    (home / "file").touch()
    with pytest.raises(StoreError, match="choose another place with --db"):
        make_home(home / "file/statustrio/statustrio.db", {"XDG_STATE_HOME": str(home / "file")})


def test_check_says_which_file_is_in_force(home: Path) -> None:
    of_user = put(home / ".config/statustrio/providers.yaml")
    environ = {"HOME": str(home), "XDG_CONFIG_HOME": None, "STATUSTRIO_CONFIG": None}
    result = CliRunner(env=environ).invoke(statustrio, ["check"])
    assert result.exit_code == 0
    assert result.output.startswith(f"{of_user}: fine")
    put(HERE)
    result = CliRunner(env=environ).invoke(statustrio, ["check"])
    assert result.output.startswith(f"{HERE.absolute()}: fine")
