"""Is the image layout what the OCI specification and OpenTofu require, and the same everywhere?"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from generator import __version__, cli
from generator.release.builds import Build
from generator.release.oci import layout
from tests.release.versions import current
from tests.support.schemas import draft_4

SCHEMAS = json.loads((Path(__file__).parent / "oci-schemas.json").read_text())["schemas"]
TAGS = [__version__, f"{__version__}-aws6"]


def problems(document: Any, schema: str) -> list[str]:  # noqa: ANN401 - any document
    """Return what is wrong with a document. The schemas refer to each other by the names of their files."""
    # Their ids would change what a reference is relative to
    found = {name: json.loads(json.dumps(one).replace('"id":', '"$comment":')) for name, one in SCHEMAS.items()}
    resources = [(name, Resource.from_contents(one, default_specification=DRAFT4)) for name, one in found.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return [error.message for error in draft_4()(found[schema], registry=registry).iter_errors(document)]


@pytest.fixture(scope="module")
def builds() -> list[Build]:
    return current()


@pytest.fixture(scope="module")
def files(builds: list[Build]) -> dict[str, bytes]:
    return layout(builds)


def parsed(files: Mapping[str, bytes], descriptor: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(files[f"blobs/{descriptor['digest'].replace(':', '/')}"]))


def test_documents_follow_their_schemas(files: Mapping[str, bytes]) -> None:
    index = json.loads(files["index.json"])
    assert problems(json.loads(files["oci-layout"]), "image-layout-schema.json") == []
    assert problems(index, "image-index-schema.json") == []
    for one in index["manifests"]:
        manifest = parsed(files, one)
        assert problems(manifest, "image-manifest-schema.json") == []
        # The schemas would find these
        assert problems({**manifest, "artifactType": "module"}, "image-manifest-schema.json")
        assert problems({**manifest, "layers": [{"mediaType": "archive/zip"}]}, "image-manifest-schema.json")


def test_every_blob_is_named_after_its_content_and_used(files: Mapping[str, bytes]) -> None:
    index = json.loads(files["index.json"])
    manifests = [parsed(files, one) for one in index["manifests"]]
    used = {
        one["digest"]: one["size"]
        for one in [*index["manifests"], *(part for all_ in manifests for part in (all_["config"], *all_["layers"]))]
    }
    blobs = {path: content for path, content in files.items() if path.startswith("blobs/")}
    assert {f"blobs/{digest.replace(':', '/')}": size for digest, size in used.items()} == {
        path: len(content) for path, content in blobs.items()
    }
    assert [f"blobs/sha256/{hashlib.sha256(content).hexdigest()}" for content in blobs.values()] == list(blobs)
    assert files.keys() - blobs.keys() == {"oci-layout", "index.json"}


def test_manifest_is_that_of_a_module_package_of_opentofu(files: Mapping[str, bytes], builds: list[Build]) -> None:
    # https://opentofu.org/docs/cli/oci_registries/module-package/
    index = json.loads(files["index.json"])
    names = [one["annotations"]["org.opencontainers.image.ref.name"] for one in index["manifests"]]
    assert names == TAGS
    for build, one in zip(builds, index["manifests"], strict=True):
        assert one["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
        manifest = parsed(files, one)
        assert manifest["artifactType"] == "application/vnd.opentofu.modulepkg"
        assert manifest["mediaType"] == one["mediaType"]
        # The empty configuration, as the image specification has it
        assert files[f"blobs/{manifest['config']['digest'].replace(':', '/')}"] == b"{}"
        assert manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"
        (layer,) = manifest["layers"]
        assert layer["mediaType"] == "archive/zip"
        with zipfile.ZipFile(io.BytesIO(files[f"blobs/{layer['digest'].replace(':', '/')}"])) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == build.files
        assert manifest["annotations"]["org.opencontainers.image.created"] == f"{build.day}T00:00:00Z"


def test_layout_is_written_once(
    files: Mapping[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = f"layout: 7 files, tags {TAGS[0]}, {TAGS[1]}\n"
    for state in ("written", "present"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["release", "--oci", "layout"])
        assert ended.value.code == 0
        assert f"{state:<8} {said}" in capsys.readouterr().out
    written = {path.relative_to("layout").as_posix(): path.read_bytes() for path in Path("layout").rglob("*.*")}
    assert written.items() <= files.items()
    # The layout and the release have the same archive
    zipped = (tmp_path / f"dist/ddb_stream_lambda-{__version__}.zip").read_bytes()
    assert (tmp_path / f"layout/blobs/sha256/{hashlib.sha256(zipped).hexdigest()}").read_bytes() == zipped
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--provider", "6", "--oci", "layout"])
    assert ended.value.code == 12
    said = "layout: index.json would change, and a released version never does. Name a new directory: a layout"
    assert said in capsys.readouterr().err
