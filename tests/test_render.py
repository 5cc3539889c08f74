"""``generator.render``: whatever the specification says becomes HCL that reads as if a person had written it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import TemplateError
from generator.literals import quoted
from generator.render import SCHEMA, TEMPLATES, aligned, header, is_generated, render, render_variant
from generator.spec import MODULE
from generator.spec.model import Module
from generator.spec.types import literal
from generator.variant import Variant
from tests.support.planning import run
from tests.support.specifications import modules, sample

# Templates that say nothing about this module in particular
GENERAL = ("variables.tf", "outputs.tf", "versions.tf")
PROVIDERS = ["5", "6", "6.12"]


@pytest.fixture(scope="module")
def general(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the templates that fit any module."""
    folder = tmp_path_factory.mktemp("templates")
    for name in GENERAL:
        shutil.copy(TEMPLATES / name, folder)
    return folder


def rendered(folder: Path, templates: Mapping[str, str | bytes]) -> dict[str, str]:
    """Render templates of a test's own."""
    for name, text in templates.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    files = render(templates=folder)
    return {name: content.decode().split("\n\n", 1)[1] for name, content in files.items() if name != SCHEMA}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def blocks(content: bytes, kind: str) -> dict[str, Any]:
    """Return the blocks of one kind by their name."""
    return {
        name.strip('"'): body for block in hcl2.loads(content.decode()).get(kind, []) for name, body in block.items()
    }


@pytest.mark.slow
@given(modules(), st.sampled_from(PROVIDERS))
def test_any_specification_becomes_hcl_that_says_the_same(general: Path, module: Module, provider: str) -> None:
    files = render(provider, module, general)
    found: dict[str, Any] = {}
    for name in sorted(files):
        if name.startswith("variables"):
            found |= blocks(files[name], "variable")
    variables = module.variables(provider)
    assert set(found) == {variable.name for variable in variables}
    for variable in variables:
        block = found[variable.name]
        assert block["description"] == quoted(variable.description)
        assert ("default" in block) == (not variable.required)
        assert block.get("nullable", True) == variable.nullable
        if not variable.required:
            alone = hcl2.loads(f"default = {literal(variable.default)}\n")
            assert block["default"] == alone["default"]
        messages = [validation["error_message"] for validation in block.get("validation", [])]
        assert messages == [f'"{validation.message}"' for validation in variable.validations]
    outputs = blocks(files.get("outputs.tf", b""), "output")
    assert list(outputs) == sorted(output.name for output in module.outputs())


@pytest.mark.terraform
def test_any_specification_is_formatted_as_terraform_would(general: Path, tmp_path: Path) -> None:
    cases = sample(st.tuples(modules(), st.sampled_from(PROVIDERS)), 60)
    for number, (module, provider) in enumerate(cases):
        write(render(provider, module, general), tmp_path / str(number))
    done = run(tmp_path, "fmt", "-check", "-recursive", "-diff", "-no-color", check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.terraform
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_module_is_formatted_as_terraform_would(provider: str, tmp_path: Path) -> None:
    write(render(provider), tmp_path)
    done = run(tmp_path, "fmt", "-check", "-recursive", "-diff", "-no-color", check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_hcl_file_can_be_parsed(provider: str) -> None:
    for name, content in render(provider).items():
        if name.endswith((".tf", ".hcl")):
            assert hcl2.loads(content.decode()), name


@pytest.mark.parametrize("provider", PROVIDERS)
def test_blocks_stand_apart_by_one_blank_line(provider: str) -> None:
    for name, content in render(provider).items():
        text = content.decode()
        assert "\n\n\n" not in text, name
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
        for lines in zip(text.splitlines(), text.splitlines()[1:], strict=False):
            assert not (lines[0] == "}" and lines[1] != "" and name.endswith((".tf", ".hcl"))), (name, lines)


@pytest.mark.slow
def test_the_module_is_the_same_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib; from generator.render import render; "
        f"print(hashlib.sha256(repr([sorted(render(p).items()) for p in {PROVIDERS}]).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr([sorted(render(provider).items()) for provider in PROVIDERS]).encode()).hexdigest()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        there = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=TEMPLATES.parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_file_carries_the_header_that_names_its_template(provider: str) -> None:
    for name, content in render(provider).items():
        template = "variables.tf" if name.startswith("variables_") else name
        source = "schema.py" if name == SCHEMA else f"templates/{template}"
        assert header(source) in content.decode().replace('\\"', '"'), name
        assert is_generated(content), name


@pytest.mark.parametrize(
    "name", ['x\nresource "a" "b" {}\n#', "a\u2028b\u2029c\x85d\re", "a\udcffb", "a--> b --!> c", 'a\\"b']
)
def test_name_of_a_profile_stays_within_the_header(name: str) -> None:
    whole = render_variant(Variant(profile="p.toml", licence="L"))
    for path, content in render_variant(Variant(profile=f"{name}.toml", licence="L")).items():
        text = content.decode()
        assert is_generated(content), path
        assert len(text.splitlines()) == len(whole[path].decode().splitlines()), path
        assert not path.endswith(".md") or re.fullmatch(
            r"<!-- Generated [^>]*; do not edit\. -->", text.splitlines()[0]
        )
        if path.endswith(".tf"):
            assert text.split("\n", 1)[1] == whole[path].decode().split("\n", 1)[1]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"# Generated by hand\n", b"\n\n\n# " + header("templates/main.tf").encode() + b"\n"],
    ids=["empty", "binary", "another-header", "header-too-far-down"],
)
def test_what_somebody_else_wrote_is_not_taken_for_generated(content: bytes) -> None:
    assert not is_generated(content)


def test_every_template_becomes_a_file_and_a_part_does_not(tmp_path: Path) -> None:
    found = rendered(tmp_path, {"a.tf": "a = 1\n", "tests/b.hcl": '#% include "c.part"\n', "c.part": "c = 3\n"})
    assert found == {"a.tf": "a = 1\n", "tests/b.hcl": "c = 3\n"}


def test_a_blank_line_after_a_statement_is_kept(tmp_path: Path) -> None:
    text = "a\n#% if true\n\nb\n#% endif\n\n\nc\n  #% for x in [1, 2]\n  {{ x }}\n  #% endfor\nd\n"
    assert rendered(tmp_path, {"a.tf": text}) == {"a.tf": "a\n\nb\n\n\nc\n  1\n  2\nd\n"}


def test_what_a_specification_says_is_no_template(tmp_path: Path) -> None:
    text = '{{ "{{ nothing }} #% if x ${a}" | quoted }}\n'
    assert rendered(tmp_path, {"a.tf": text}) == {"a.tf": '"{{ nothing }} #% if x $${a}"\n'}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ nothing }}\n", r"template a\.tf: 'nothing' is undefined"),
        ("{{ module.nothing }}\n", r"template a\.tf: .* has no attribute 'nothing'"),
        ("#% for x in nothing\n#% endfor\n", r"template a\.tf: 'nothing' is undefined"),
        ("#% if nothing\n#% endif\n", r"template a\.tf: 'nothing' is undefined"),
        ("{{ nothing | quoted }}\n", r"template a\.tf: 'nothing' is undefined"),
        ("{{ nothing | literal }}\n", r"template a\.tf: "),
        ("\n\n#% if true\n", r"template a\.tf, line 3: "),
        ("#% if true\n\n#% else\n\n{{ 1 + }}\n#% endif\n", r"template a\.tf, line 5: "),
        ("{{ 1 | nofilter }}\n", r"template a\.tf, line 1: No filter named 'nofilter'"),
        ('#% include "b.part"\n', r"template a\.tf: it includes b\.part, which does not exist"),
        ("{{ 1 / 0 }}\n", r"template a\.tf: division by zero"),
        (b"# \xff\n", r"template a\.tf: not UTF-8"),
    ],
    ids=[
        "undefined",
        "undefined-attribute",
        "undefined-loop",
        "undefined-condition",
        "undefined-quoted",
        "undefined-literal",
        "open-block",
        "syntax-after-blank-lines",
        "unknown-filter",
        "missing-part",
        "arithmetic",
        "not-utf-8",
    ],
)
def test_a_template_that_cannot_be_rendered_is_named(text: str | bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=problem):
        rendered(tmp_path, {"a.tf": text})


def test_a_mistake_in_a_part_names_the_part(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"template b\.part, line 2: "):
        rendered(tmp_path, {"a.tf": '#% include "b.part"\n', "b.part": "\n{{ }\n"})


def test_provider_6_adds_variables_and_takes_none_away() -> None:
    offered = [{variable.name for variable in MODULE.variables(provider)} for provider in PROVIDERS]
    assert offered[0] < offered[1]


def test_equals_signs_are_aligned() -> None:
    assert list(aligned({"a": "1", "long": "2"})) == ["a    = 1", "long = 2"]


# --- the README, in the form of terraform-docs ------------------------------------------------------------------------


def _rows(readme: str, heading: str) -> list[list[str]]:
    """Return the rows of the tables of a section between the markers of terraform-docs, without headings."""
    (inside,) = re.findall(r"^<!-- BEGIN_TF_DOCS -->$(.*?)^<!-- END_TF_DOCS -->$", readme, re.MULTILINE | re.DOTALL)
    section = f"{inside}\n## ".partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)
    return [re.split(r" (?<!\\)\| ", line) for line in lines if not line.startswith(("Name ", "---"))]


@pytest.mark.parametrize("provider", ["5", "6"])
def test_readme_has_the_tables_of_terraform_docs(provider: str) -> None:
    files = render(provider)
    readme = files["README.md"].decode()
    text = "\n".join(content.decode() for path, content in files.items() if path.endswith(".tf"))
    variables = {one.name: one for one in MODULE.variables(provider)}
    inputs = {re.findall(r"\[`(\w+)`\]", row[0])[0]: row[1:] for row in _rows(readme, "Inputs")}
    assert inputs.keys() == variables.keys() == set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    for name, (description, kind, default, required) in inputs.items():
        variable = variables[name]
        assert required == ("yes" if variable.required else "no"), name
        assert default == ("n/a" if variable.required else f"`{literal(variable.default)}`"), name
        lines = re.sub(r"^<pre>|</pre>$|^`|`$", "", kind).split("<br/>")
        assert "\n".join(lines) == variable.type.documented.hcl(), name
        assert description.startswith(variable.description.replace("|", "\\|")), name
        assert not variable.accepted or f"Accepted: {variable.accepted.replace('|', chr(92) + '|')}." in description
    outputs = [re.findall(r"\[`(\w+)`\]", row[0])[0] for row in _rows(readme, "Outputs")]
    assert outputs == sorted(re.findall(r'^output "(\w+)"', text, re.MULTILINE))
    resources = [re.findall(r"\[([\w.]+)\]", row[0])[0] for row in _rows(readme, "Resources")]
    declared = re.findall(r'^(?:resource|data) "(\w+)" "(\w+)"', text, re.MULTILINE)
    assert sorted(resources) == sorted(map(".".join, declared))
    versions = [MODULE.terraform, Variant(provider=provider).provider_constraint]
    assert [row[-1] for row in _rows(readme, "Requirements")] == versions


def test_links_within_the_readme_lead_to_its_anchors() -> None:
    readme = render()["README.md"].decode()
    anchors = re.findall(r'<a name="(\w+)">', readme)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#(\w+)\)", readme)) == set(anchors)
    assert {"requirement_aws", "provider_aws", "input_name", "output_role_policy"} <= set(anchors)


# --- deprecation ------------------------------------------------------------------------------------------------------


def _deprecating(terraform: str) -> dict[str, str]:
    """Return the files of the module with a deprecated variable, and a deprecated output."""
    components = tuple(
        one._replace(
            variables=tuple(
                replace(variable, deprecated="Use `tags`.") if variable.name == "event_source_tags" else variable
                for variable in one.variables
            ),
            outputs=tuple(
                replace(output, deprecated="Use `table_arn`.") if output.name == "table_id" else output
                for output in one.outputs
            ),
        )
        for one in MODULE.components
    )
    module = replace(MODULE, components=components, terraform=terraform)
    return {path: content.decode() for path, content in render(module=module).items()}


@pytest.mark.parametrize("terraform", [">= 1.9", ">= 1.9, < 1.16", "< 1.16", "!= 1.15.0", "~> 1.14", "> 1.14"])
def test_deprecation_is_text_for_older_versions(terraform: str) -> None:
    files = _deprecating(terraform)
    for path, text in (
        ("variables_event_source.tf", '  description = "Deprecated: Use `tags`. Tags for the event source mapping'),
        ("outputs.tf", '  description = "Deprecated: Use `table_arn`. '),
    ):
        assert text in files[path]
        assert "  deprecated " not in files[path]


@pytest.mark.parametrize("terraform", [">= 1.15", "~> 1.16", "1.15.2", ">= 1.11, >= 1.15", "> 1.15, < 2.0"])
def test_deprecation_is_an_attribute_where_terraform_has_it(terraform: str) -> None:
    files = _deprecating(terraform)
    assert '\n  deprecated  = "Use `tags`."\n  type ' in files["variables_event_source.tf"]
    assert '"\n  deprecated  = "Use `table_arn`."\n  value ' in files["outputs.tf"]
    assert "Deprecated:" not in files["variables_event_source.tf"] + files["outputs.tf"]


def test_deprecation_is_in_the_readme_and_in_the_schema() -> None:
    files = _deprecating(">= 1.15")
    assert "(#input_event_source_tags) | Deprecated: Use `tags`. " in files["README.md"]
    assert "(#output_table_id) | Deprecated: Use `table_arn`. " in files["README.md"]
    properties = json.loads(files["inputs.schema.json"])["properties"]
    assert properties["event_source_tags"]["deprecated"] is True
    assert [name for name, one in properties.items() if "deprecated" in one] == ["event_source_tags"]
