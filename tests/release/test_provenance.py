"""Is the provenance what tools for SLSA and in-toto read, and the same everywhere?"""

import json

from generator import __version__
from generator.release.publishing import KINDS, artifacts
from generator.release.writing import checksum
from tests.release.versions import current


def test_statement_names_every_file_that_has_a_checksum() -> None:
    for build in current():
        made = artifacts(build)
        statement = json.loads(made[build.stem + KINDS[3]])
        subjects = {one["name"]: one["digest"] for one in statement["subject"]}
        assert subjects == {build.stem + kind: {"sha256": checksum(made[build.stem + kind])} for kind in KINDS[:3]}


def test_statement_has_what_the_specifications_require() -> None:
    # https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md, https://slsa.dev/spec/v1.0/provenance
    build = current()[1]
    statement = json.loads(artifacts(build)[build.stem + KINDS[3]])
    assert statement.keys() == {"_type", "subject", "predicateType", "predicate"}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    definition = statement["predicate"]["buildDefinition"]
    parameters = {"module": "ddb_stream_lambda", "version": __version__, "provider": "6"}
    assert definition["externalParameters"] == parameters
    builder = statement["predicate"]["runDetails"]["builder"]
    assert definition["buildType"].partition("#")[0] == builder["id"] == "pkg:generic/ddb-stream-lambda"
    assert builder["version"] == {"ddb-stream-lambda": __version__}
    inputs = {one["name"]: one["digest"]["sha256"] for one in definition["resolvedDependencies"]}
    assert inputs == {name: checksum(build.files[name]) for name in ("CHANGELOG.md", "LICENSE")}
