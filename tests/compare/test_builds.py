"""Does a build with a profile say what it changes for callers of the variant that was there before?"""

from pathlib import Path

import pytest

from generator import cli

PROFILE = """\
name = "acme_stream"
version = "{version}"
expose = ["name", "function_filename", "function_handler", "function_runtime"{more}]

[variables]
name.description = "{description}"
"""


class Variant:
    """A profile in a directory, and what its build says."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.out, self._capsys = folder / "acme.toml", folder / "out", capsys

    def build(self, version: str = "1.2.3", more: str = "", description: str = "Name.") -> tuple[str, str]:
        """Build the variant, and return what follows the list of files, and the warnings."""
        self.file.write_text(PROFILE.format(version=version, more=more, description=description))
        with pytest.raises(SystemExit) as ended:
            cli.main(["build", "--profile", str(self.file), "--out", str(self.out)])
        assert not ended.value.code
        said = self._capsys.readouterr()
        return said.out.partition(" files, ")[2].partition("\n")[2], said.err


@pytest.fixture
def variant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Variant:
    made = Variant(tmp_path, capsys)
    assert made.build() == ("", "")
    return made


def test_nothing_is_said_about_the_same_build(variant: Variant) -> None:
    assert variant.build() == ("", "")


def test_added_variable_needs_a_minor_version(variant: Variant) -> None:
    said, warning = variant.build(more=', "function_memory_size"')
    assert said.startswith("For callers of the module:\nminor  new-optional-variable  variable.function_memory_size\n")
    assert said.endswith("; the smallest bump that allows them is minor.\n")
    assert warning == (
        f"Warning: {variant.file}: version 1.2.3 follows 1.2.3, but the changes need a minor bump. "
        "Set 1.3.0 or later.\n"
    )


@pytest.mark.parametrize(
    ("version", "needed"),
    [("1.2.4", "2.0.0"), ("1.3.0", "2.0.0"), ("2.0.0", None), ("3.1.0", None), ("1.2.2", "2.0.0")],
)
def test_removed_variable_needs_a_major_version(version: str, needed: str | None, variant: Variant) -> None:
    variant.build(version="1.2.3", more=', "function_memory_size"')
    said, warning = variant.build(version=version)
    assert "major  variable-removed  variable.function_memory_size\n" in said
    assert (f"Set {needed} or later" in warning) if needed else not warning


def test_other_value_needs_a_patch_version(variant: Variant) -> None:
    said, warning = variant.build(description="Name of it.")
    assert said == "For callers of the module:\n1 difference; the smallest bump that allows them is patch.\n"
    assert "need a patch bump. Set 1.2.4 or later" in warning
    assert variant.build(version="1.2.5", description="Other.")[1] == ""


def test_module_that_cannot_be_read_is_built_again(variant: Variant) -> None:
    file = variant.out / "main.tf"
    file.write_text(file.read_text() + "resource {{{\n")
    said, warning = variant.build()
    assert said.startswith("What changes for callers is not known: ")
    assert warning == ""
    assert "{{{" not in file.read_text()
