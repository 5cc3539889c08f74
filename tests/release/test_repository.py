"""Is the repository that a registry publishes complete, the same everywhere, and used as a module of a registry is?"""

import http.server
import io
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator import __version__, cli, terraform
from generator.archives import zip_of
from generator.release.builds import builds
from generator.release.repository import repository
from generator.render import render
from generator.terraform.provider import expected_layout
from tests.support.planning import PROVIDER, TOP, instances, plan, run

HARDENED = TOP / "examples/profiles/hardened.toml"
CHANGELOG = "## [1.0.0] - 2026-01-02\n\nOurs.\n"


def tree(out: Path, *words: str, namespace: str = "acme") -> int:
    arguments = ["--out", str(out.parent / "dist"), "--tree", str(out), "--namespace", namespace, *words]
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def texts(contents: Mapping[str, bytes], *endings: str) -> dict[str, str]:
    return {path: content.decode() for path, content in contents.items() if path.endswith(endings)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tree") / "terraform-aws-ddb-stream-lambda"
    assert tree(out) == 0
    return out


@pytest.fixture(scope="module")
def written(folder: Path) -> dict[str, bytes]:
    return files(folder)


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variant")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    words = ["--profile", str(HARDENED), "--changelog", str(folder / "CHANGELOG.md")]
    assert tree(folder / "tree", *words) == 0
    return folder / "tree"


def test_root_is_the_module_with_its_license_and_changelog(written: Mapping[str, bytes]) -> None:
    module = render() | {name: (TOP / name).read_bytes() for name in ("LICENSE", "CHANGELOG.md")}
    others = {path for path in written if path.startswith(("examples/", "lambda_src/"))}
    assert written.keys() - others == module.keys()
    assert [path for path, content in module.items() if written[path] != content] == ["README.md"]
    assert any(re.fullmatch(r"tests/\w+\.tftest\.hcl", path) for path in written)


def test_every_example_is_there_with_its_package_and_source(written: Mapping[str, bytes]) -> None:
    roots = {path.parent.relative_to(TOP).as_posix() for path in (TOP / "examples").glob("**/main.tf")}
    published = {path.removesuffix("/main.tf") for path in written if re.fullmatch("examples/.*/main.tf", path)}
    # The repository of the complete module has no example of a variant
    assert published == {root for root in roots if "/." not in root} - {"examples/safe_deployment"}
    for path, text in texts(written, ".tf").items():
        for package in re.findall(r'"\$\{path\.module\}/(\w+\.zip)"', text if path.startswith("examples/") else ""):
            with zipfile.ZipFile(io.BytesIO(written[f"{path.rpartition('/')[0]}/{package}"])) as archive:
                assert archive.testzip() is None
                assert archive.namelist()
    assert (
        written["lambda_src/stream_handler/handler.py"] == (TOP / "lambda_src/stream_handler/handler.py").read_bytes()
    )
    assert [
        path for path in written if "__pycache__" in path or path.startswith("lambda_src/stream_handler/tests")
    ] == []


def test_calls_of_the_module_are_pinned(written: Mapping[str, bytes]) -> None:
    calls = {
        path: re.search(r'^module "\w+" {\n((?:  \w+ += .*\n)+)', text, re.MULTILINE)
        for path, text in texts(written, ".tf", "README.md").items()
        if re.search(r'^module "', text, re.MULTILINE)
    }
    assert {"README.md", "examples/minimal/main.tf", "examples/for_each/main.tf"} <= calls.keys()
    for path, call in calls.items():
        words = {tuple(line.split(" = ")) for line in re.sub(" +", " ", call[1] if call else "").splitlines()}
        pinned = {(" source", '"acme/ddb-stream-lambda/aws"'), (" version", f'"{__version__}"')}
        assert words >= pinned, path


def test_nothing_refers_to_a_checkout(written: Mapping[str, bytes]) -> None:
    for path, text in texts(written, ".tf", ".md").items():
        if path.startswith("examples/"):
            assert re.findall(r"make package|python -m generator|/dist/|\./module", text) == [], path


def test_links_lead_to_files_of_the_tree(folder: Path, variant: Path) -> None:
    links = [
        (path.parent / link)
        for top in (folder, variant)
        for path in top.rglob("README.md")
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text())
        if "://" not in link
    ]
    assert folder / "examples/opensearch/../../lambda_src/opensearch_indexer" in links
    assert [link for link in links if not link.exists()] == []


def test_tree_is_the_same_elsewhere_and_stays(
    written: Mapping[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    umask = os.umask(0o077)
    try:
        assert tree(Path("deep/er")) == 0
    finally:
        os.umask(umask)
    assert files(tmp_path / "deep/er") == written
    (tmp_path / "deep/er/.git/refs").mkdir(parents=True)
    (tmp_path / "deep/er/.git/refs/head").write_text("1")
    (tmp_path / "deep/er/main.tf").unlink()
    capsys.readouterr()
    assert tree(Path("deep/er")) == 0
    assert re.search(r"^written  deep/er: \d+ files$", capsys.readouterr().out, re.MULTILINE)
    assert tree(Path("deep/er")) == 0
    said = capsys.readouterr().out
    assert re.search(r"^present  deep/er: \d+ files$", said, re.MULTILINE)
    assert f"Publish deep/er as terraform-aws-ddb-stream-lambda, with the tag v{__version__}.\n" in said
    assert files(tmp_path / "deep/er") == {**written, ".git/refs/head": b"1"}


def test_tree_of_a_variant_has_an_example_of_its_own(variant: Path) -> None:
    contents = files(variant)
    assert {path.split("/")[1] for path in contents if path.startswith("examples/")} == {"minimal"}
    main = contents["examples/minimal/main.tf"].decode()
    assert 'source  = "acme/hardened-stream-lambda/aws"\n  version = "1.0.0"\n' in main
    assert contents["CHANGELOG.md"].decode() == CHANGELOG
    assert '">= 1.9"' in contents["examples/minimal/versions.tf"].decode()


@pytest.mark.parametrize(
    ("variables", "packages"),
    [
        (
            '[variables.function_runtime]\nexample = "nodejs22.x"\nallowed = ["nodejs22.x"]\n',
            {"stream_handler_node.zip"},
        ),
        ("", {"stream_handler.zip"}),
        ("[variables.existing_function]\nrequired = true\n", set()),
    ],
    ids=["node", "python", "existing-function"],
)
def test_function_of_a_variant_has_the_package_of_its_runtime(
    variables: str, packages: set[str], tmp_path: Path
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    profile = tmp_path / "own.toml"
    profile.write_text(f'name = "own"\nversion = "1.0.0"\n{variables}')
    (build,) = builds(profile, None, None)
    files = repository(build, "acme")
    assert {path.rpartition("/")[2] for path in files if path.endswith(".zip")} == packages
    assert ("function_filename" in files["examples/minimal/main.tf"].decode()) == bool(packages)


@pytest.mark.parametrize(
    ("path", "content", "code", "says"),
    [
        ("notes.txt", b"", 4, "notes.txt would not be part of this version. Name a new or empty directory; it may"),
        ("main.tf", b"other", 12, "main.tf would change, and a released version never does. Remove the files of"),
    ],
)
def test_directory_with_another_file_is_rejected(  # noqa: PLR0917 - a case is what is there and what is said
    path: str, content: bytes, code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tree"
    out.mkdir()
    (out / path).write_bytes(content)
    assert tree(out) == code
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert files(out) == {path: content}


def test_directory_that_cannot_be_listed_is_4(tmp_path: Path) -> None:
    (tmp_path / "tree").write_text("")
    assert tree(tmp_path / "tree") == 4


@pytest.mark.parametrize("namespace", ["", "Acme!", "a/b/c", "https://registry.example.com/acme", "acme\n"])
def test_namespace_that_no_registry_has_is_3(
    namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tree(tmp_path / "tree", namespace=namespace) == 3
    assert capsys.readouterr().err.startswith("Error: --namespace: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tree", "tree"], "--tree: set --namespace as well"),
        (["--namespace", "acme"], "--namespace: only --tree uses"),
    ],
)
def test_tree_and_namespace_need_each_other(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", *words])
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith(f"Error: {message}")
    assert list(tmp_path.iterdir()) == []


# --- as a module of a registry ------------------------------------------------------------------------------------------


class Registry(http.server.BaseHTTPRequestHandler):
    """A registry of modules (https://developer.hashicorp.com/terraform/internals/module-registry-protocol)."""

    modules: Mapping[str, tuple[str, bytes]] = {}

    def do_GET(self) -> None:
        """Answer for the versions of a module, for the place of one, and for its archive."""
        name, _, rest = self.path.removeprefix("/v1/modules/").partition("/aws/")
        version, archive = self.modules[name]
        location = {} if rest != f"{version}/download" else {"X-Terraform-Get": "../archive.zip?archive=zip"}
        answer = {"versions": json.dumps({"modules": [{"versions": [{"version": version}]}]}).encode()}.get(
            rest, archive
        )
        self.send_response(204 if location else 200)
        for header, value in location.items():
            self.send_header(header, value)
        self.end_headers()
        if not location:
            self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401
        """Say nothing."""


@pytest.fixture(scope="module")
def registry(folder: Path, variant: Path) -> Iterator[str]:
    modules = {
        "acme/ddb-stream-lambda": (__version__, zip_of(files(folder))),
        "acme/hardened-stream-lambda": ("1.0.0", zip_of(files(variant))),
    }
    handler = type("Handler", (Registry,), {"modules": modules})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/modules/"
        server.shutdown()


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("name", "table_name"), [("ddb-stream-lambda", "orders"), ("hardened-stream-lambda", "shop-prod-orders")]
)
def test_example_installs_the_module_from_the_registry_and_plans(  # noqa: PLR0917 - two are fixtures of a case
    name: str, table_name: str, registry: str, folder: Path, variant: Path, tmp_path: Path
) -> None:
    source = folder if name == "ddb-stream-lambda" else variant
    shutil.copytree(source / "examples/minimal", tmp_path / "root")
    (tmp_path / "root/override.tf.json").write_text(json.dumps({"provider": PROVIDER}))
    environment = dict(terraform.environment())
    present = environment.get("TF_CLI_CONFIG_FILE")
    configuration = tmp_path / "terraformrc"
    host = expected_layout(terraform.binary()).partition("/")[0]
    services = f'host "{host}" {{\n  services = {{ "modules.v1" = "{registry}" }}\n}}\n'
    configuration.write_text((Path(present).read_text() if present else "") + services)
    planned = instances(plan(tmp_path / "root", environment={**environment, "TF_CLI_CONFIG_FILE": str(configuration)}))
    (instance,) = planned.values()
    (table,) = (values for address, values in instance.resources.items() if address.startswith("aws_dynamodb_table."))
    assert table["name"] == table_name
    manifest = json.loads((tmp_path / "root/.terraform/modules/modules.json").read_text())
    installed = [(one["Source"], one["Version"]) for one in manifest["Modules"] if one["Source"]]
    assert installed == [(f"{host}/acme/{name}/aws", __version__ if source is folder else "1.0.0")]


@pytest.mark.terraform
def test_tree_is_formatted(folder: Path, variant: Path) -> None:
    for path in (folder, variant):
        run(path, "fmt", "-check", "-recursive")
