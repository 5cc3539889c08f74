"""Every example, and every HCL block of the documentation, as modules of one root."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from generator.profile.document import read
from generator.profile.variants import variant
from generator.render import render_variant
from tests.support.planning import MODULE, PACKAGE, PACKAGE_CONTENT, PROVIDER, TOP

_MAINS = sorted(path for pattern in ("*/main.tf", "*/*/main.tf") for path in (TOP / "examples").glob(pattern))
EXAMPLES = {"_".join(path.parent.relative_to(TOP / "examples").parts): path.parent for path in _MAINS}
"""The folders of the examples; one of several root modules has an entry for each."""

VARIANTS = ("safe_deployment",)
"""The profiles of which examples call the module, in ``build/``."""

DOCUMENTS = [
    path.relative_to(TOP).as_posix()
    for path in [TOP / "README.md", TOP / "module/README.md", *sorted((TOP / "docs").glob("**/*.md"))]
    if "```hcl" in path.read_text()
]


def _blocks() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for number, block in enumerate(re.findall(r"```hcl\n(.*?)```", (TOP / document).read_text(), re.DOTALL)):
            yield f"{document.removesuffix('.md').replace('/', '-')}-{number}", block


BLOCKS = dict(_blocks())

PUBLISHED = re.compile(r'source = "https://ADDRESS/(ddb_stream_lambda-[\d.]+\.zip)\?checksum=sha256:CHECKSUM" # <- .*')
"""The line of the quick start that stands for the address and the checksum of a published archive."""


def variant_files(profile: str, provider: str | None = None) -> dict[str, bytes]:
    """Return the files of the module that a profile describes, for a target."""
    return render_variant(variant(read(TOP / f"examples/profiles/{profile}.toml"), provider))


def build_variants(folder: Path) -> None:
    """Write the modules of the profiles into ``build/`` of a folder, as a checkout has them after ``build``."""
    for profile in VARIANTS:
        for name, content in variant_files(profile).items():
            file = folder / "build" / profile / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def workspace(
    folder: Path,
    module: Path = MODULE,
    blocks: Mapping[str, str] = BLOCKS,
    examples: Mapping[str, Path] = EXAMPLES,
) -> Path:
    """Return a root that calls every example and every block, with one provider configuration for all.

    A provider block in each would start the provider as often. Takes the module that they call.
    """
    (folder / "module").symlink_to(module)
    build_variants(folder)
    (folder / "dist").mkdir()
    texts = [path.read_text() for example in examples.values() for path in example.glob("*.tf")]
    for package in {name for text in texts for name in re.findall(r"/dist/(\w+\.zip)", text)}:
        (folder / "dist" / package).write_bytes(PACKAGE_CONTENT)
    for example in examples.values():
        shutil.copytree(
            example,
            folder / example.relative_to(TOP),
            ignore=shutil.ignore_patterns("providers.tf", ".terraform*"),
        )
    for name, block in blocks.items():
        (folder / "documents" / name).mkdir(parents=True)
        # The root's provider configuration serves all of them
        text = re.sub(r'^provider "aws" {.*?^}\n', "", block, flags=re.DOTALL | re.MULTILINE)
        text = PUBLISHED.sub('source = "./module"', text)
        (folder / "documents" / name / "main.tf").write_text(text)
        (folder / "documents" / name / PACKAGE).write_bytes(PACKAGE_CONTENT)
        (folder / "documents" / name / "module").symlink_to(module)
        (folder / "documents" / name / "build").symlink_to(folder / "build")
    modules = {name: {"source": f"../{example.relative_to(TOP)}"} for name, example in examples.items()}
    modules |= {name: {"source": f"../documents/{name}"} for name in blocks}
    root = folder / "root"
    root.mkdir()
    (root / "main.tf.json").write_text(json.dumps({"module": modules, "provider": PROVIDER}))
    return root
