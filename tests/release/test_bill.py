"""Is the bill of materials what tools for CycloneDX read, and does nothing else need its library?"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from generator import __version__, cli
from generator.release.bill import bill_of_materials
from generator.release.builds import Build
from generator.release.writing import checksum
from tests.release.versions import current
from tests.support.planning import TOP

ARCHIVE = "0" * 64


@pytest.fixture(scope="module")
def build() -> Build:
    return current()[1]


@pytest.mark.slow
def test_bill_follows_its_schema(build: Build) -> None:
    # Only this test needs the library, whose import takes most of a second
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = bill_of_materials(build, ARCHIVE).decode()
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None


def test_bill_has_every_file_and_the_provider(build: Build) -> None:
    bill = json.loads(bill_of_materials(build, ARCHIVE))
    module = bill["metadata"]["component"]
    assert (module["name"], module["version"]) == ("ddb_stream_lambda", __version__)
    assert module["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert module["hashes"] == [{"alg": "SHA-256", "content": ARCHIVE}]
    parts = {part["name"]: part for part in bill["components"]}
    provider = parts.pop("hashicorp/aws")
    assert provider["purl"] == "pkg:terraform/hashicorp/aws"
    assert provider["description"] == f"Terraform provider, {build.variant.provider_constraint}"
    digests = {name: part["hashes"][0]["content"] for name, part in parts.items()}
    assert digests == {path: checksum(content) for path, content in build.files.items()}
    (needs,) = (one["dependsOn"] for one in bill["dependencies"] if one["ref"] == module["bom-ref"])
    assert len(needs) == len(parts) + 1


def test_bill_depends_on_the_version_alone(build: Build) -> None:
    bill = bill_of_materials(build, ARCHIVE)
    assert bill == bill_of_materials(build, ARCHIVE)
    assert json.loads(bill)["metadata"]["timestamp"].startswith(f"{build.day}T00:00:00")
    other = json.loads(bill_of_materials(build, "1" * 64))
    assert other["serialNumber"] != json.loads(bill)["serialNumber"]


@pytest.mark.parametrize("words", [["build", "--out", "module"], ["release", "verify", "dist"]], ids=" ".join)
def test_other_commands_do_not_load_the_library(words: list[str], tmp_path: Path) -> None:
    if "verify" in words:
        with pytest.raises(SystemExit):
            cli.main(["release", "--provider", "6", "--out", str(tmp_path / "dist")])
    code = (
        "import sys; from generator.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as ended: assert not ended.code and 'cyclonedx' not in sys.modules, ended"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(TOP)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
