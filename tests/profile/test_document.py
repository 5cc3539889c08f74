"""Does the published JSON Schema of a profile accept what ``build`` reads, and nothing else?"""

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.parsing import problems
from generator.profile.document import profile_schema
from tests.profile.variants import PROFILES, documents
from tests.support.planning import TOP
from tests.support.schemas import draft_2020_12
from tests.support.specifications import json_values

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

SCHEMA = profile_schema()


@functools.cache
def _validator() -> "Draft202012Validator":
    return draft_2020_12()(SCHEMA)


def test_schema_is_one() -> None:
    draft_2020_12().check_schema(SCHEMA)


def test_published_schema_is_the_present_one() -> None:
    published = json.loads((TOP / "examples/profiles/profile.schema.json").read_text())
    assert published == SCHEMA, "python -m generator schema > examples/profiles/profile.schema.json"


@pytest.mark.parametrize("name", PROFILES)
def test_every_example_follows_it(name: str) -> None:
    import tomllib

    _validator().validate(tomllib.loads(PROFILES[name].read_text()))


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """Give profiles of which a part has been replaced by anything."""
    document: dict[str, Any] = draw(documents()) | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.one_of(st.just("acme"), json_values),
                "provider": st.one_of(st.just({"target": 6}), json_values),
                "tags": st.one_of(st.just({"required": ["a"], "patterns": {"b": "c"}}), json_values),
                "lifecycle": st.one_of(st.just({"prevent_destroy": True}), json_values),
            },
        )
    )
    variables = document["variables"]
    for name in list(variables)[:1]:
        key = draw(st.sampled_from(["default", "fixed", "allowed", "minimum", "pattern", "other"]))
        variables[name] = {**variables[name], key: draw(json_values)}
    return document


@given(damaged())
def test_build_and_schema_accept_the_same(document: dict[str, Any]) -> None:
    assert (list(problems(document, SCHEMA, "")) == []) == _validator().is_valid(document)


def test_schema_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    from generator import cli

    with pytest.raises(SystemExit) as ended:
        cli.main(["schema"])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_profiles_name_their_schema() -> None:
    for path in (TOP / "examples/profiles").glob("*.toml"):
        assert path.read_text().startswith("#:schema profile.schema.json\n"), path


def test_reading_a_profile_imports_nothing_heavy(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from generator.profile.document import read; "
        "from generator.profile.variants import variant; variant(read(Path(sys.argv[1]))); "
        "print(*(name for name in ('jinja2', 'jsonschema', 'rich', 'boto3', 'hcl2') if name in sys.modules))"
    )
    (tmp_path / "acme.toml").write_text('omit = ["alarms"]\n')
    words = [sys.executable, "-c", code, str(tmp_path / "acme.toml")]
    assert subprocess.run(words, cwd=TOP, capture_output=True, text=True, check=True).stdout.strip() == ""
