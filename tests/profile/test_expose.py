"""Does a profile show callers what it lists and nothing else, and does it learn of variables that came later?"""

import re
import tomllib
from pathlib import Path

import pytest

from generator import cli
from generator.profile.document import newest_version, read
from generator.profile.variants import variant
from generator.render import render_variant
from generator.spec import MODULE
from tests.profile.variants import PROFILES, built, of

NEWER = {one.name: one.since for one in MODULE.variables("5") if one.since != "1.0.0"}


def build(path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", "--profile", str(path), "--out", str(path.parent / "out")])
    assert not ended.value.code
    return capsys.readouterr().err.splitlines()


def test_callers_can_set_the_exposed_variables_and_no_other() -> None:
    exposed = tomllib.loads(PROFILES["minimal"].read_text())["expose"]
    assert {one.name for one in built("minimal")[0].module.variables("5")} == set(exposed)


def test_all_other_variables_have_their_defaults() -> None:
    made = built("minimal")[0]
    for one in MODULE.variables("5"):
        if one.name in made.fixed:
            assert made.fixed[one.name] == one.default, one.name


def test_profile_can_fix_what_it_does_not_expose_at_another_value() -> None:
    exposed = ["name", "function_filename", "function_handler", "function_runtime"]
    made = of({"expose": exposed, "variables": {"function_timeout": {"fixed": 60}}})
    assert "  timeout       = 60\n" in render_variant(made)["function.tf"].decode()


def test_feature_can_be_omitted_with_its_own_values() -> None:
    exposed = ["name", "function_filename", "function_handler", "function_runtime"]
    assert of({"expose": exposed}).fixed["function_tracing_mode"] == "Active"
    assert of({"expose": exposed, "omit": ["tracing"]}).fixed["function_tracing_mode"] == "Disabled"


def test_minimal_profile_is_short() -> None:
    assert len(PROFILES["minimal"].read_text().splitlines()) <= 25


@pytest.mark.skipif(not NEWER, reason="every variable is as old as the module")
def test_build_lists_the_variables_that_came_since(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text('written_for = "1.0.0"\n')
    names = ", ".join(f"{name} ({since})" for name, since in NEWER.items())
    new = f"callers can set variables added since 1.0.0: {names}."
    next_step = f'Omit them, or set written_for to "{newest_version()}".'
    assert build(path, capsys) == [f"Warning: acme.toml: {new} {next_step}"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        f'written_for = "{newest_version()}"',
        f'written_for = "1.0.0"\nomit = {list(NEWER)}',
        'written_for = "0.1.0"\nexpose = ["name", "function_filename", "function_handler", "function_runtime"]',
    ],
    ids=["no-version", "newest-version", "omitted", "exposed"],
)
def test_build_is_silent_when_nothing_is_new(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(content)
    assert build(path, capsys) == []


@pytest.mark.parametrize("name", PROFILES)
def test_examples_are_written_for_the_newest_version(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / PROFILES[name].name
    path.write_bytes(PROFILES[name].read_bytes())
    assert build(path, capsys) == []
    assert {"expose", "written_for"} & tomllib.loads(path.read_text()).keys()


def test_new_writes_a_profile_for_the_present_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "profiles/3 Acme-Streams.toml"
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", str(path)])
    assert not ended.value.code
    assert capsys.readouterr().out == f"written  {path}\n"
    document = read(path).document
    assert (document["name"], document["written_for"]) == ("acme_streams", newest_version())
    assert build(path, capsys) == []
    assert variant(read(path)).fixed == {}


def test_new_never_replaces_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.toml"
    path.write_text("name = 'mine'")
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", str(path)])
    assert ended.value.code == 4
    assert capsys.readouterr().err == f"Error: {path}: the file exists. Name a new one.\n"
    assert path.read_text() == "name = 'mine'"


def test_new_takes_no_options_for_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", str(tmp_path / "acme.toml"), "--runtime", "python3.13"])
    assert ended.value.code == 3
    assert re.fullmatch("Error: --runtime: .* Remove it.\n", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []
