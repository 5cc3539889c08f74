"""Is where failures go found in what Terraform tells?"""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.operate.references import _OUTPUTS, DestinationRef, in_state
from tests.support.planning import MODULE

QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:orders"
STREAM_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/x"


def mapping(uuid: str = "uuid", destination: str = QUEUE_ARN, stream: str = STREAM_ARN) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "event_source_arn": stream,
        "destination_config": [{"on_failure": [{"destination_arn": destination}]}],
    }


def state(*mappings: dict[str, Any], **outputs: Any) -> dict[str, Any]:  # noqa: ANN401
    instances = [{"attributes": each} for each in mappings]
    return {
        "version": 4,
        "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
        "resources": [
            {"type": "aws_sqs_queue", "instances": [{"attributes": {"url": QUEUE_URL}}]},
            {"type": "aws_lambda_event_source_mapping", "instances": instances},
        ],
    }


def shown(*mappings: dict[str, Any]) -> dict[str, Any]:
    resources = [{"type": "aws_lambda_event_source_mapping", "values": each} for each in mappings]
    return {"values": {"root_module": {"child_modules": [{"resources": resources}]}}}


def outputs(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    return {name: {"value": value, "type": "string", "sensitive": False} for name, value in values.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state"


def told(file: Path, content: dict[str, Any], uuid: str | None = None) -> DestinationRef:
    file.write_text(json.dumps(content))
    return in_state(file, uuid)


def test_names_are_those_of_the_modules_outputs() -> None:
    found = set(re.findall(r'^output "(\w+)"', (MODULE / "outputs.tf").read_text(), re.MULTILINE))
    assert set(_OUTPUTS.values()) <= found


@pytest.mark.parametrize(
    "content",
    [
        state(mapping()),
        state(mapping(), dead_letter_queue_url=QUEUE_URL, event_source_mapping_uuid="uuid"),
        shown(mapping()),
        outputs(dead_letter_queue_url=QUEUE_URL, event_source_mapping_uuid="uuid"),
        outputs(orders={"dead_letter_queue_url": QUEUE_URL, "event_source_mapping_uuid": "uuid"}),
        outputs(pipelines=[{"dead_letter_queue_url": QUEUE_URL, "event_source_mapping_uuid": "uuid"}]),
    ],
    ids=["a state", "a state with outputs", "terraform show", "outputs", "the module as an output", "several as one"],
)
def test_queue_and_mapping_are_found(file: Path, content: dict[str, Any]) -> None:
    found = told(file, content)
    assert found.mapping == "uuid"
    assert found.queue in {QUEUE_ARN, QUEUE_URL}


def test_queue_without_a_mapping_is_found(file: Path) -> None:
    assert told(file, outputs(dead_letter_queue_url=QUEUE_URL)) == DestinationRef(address=QUEUE_URL)


def test_bucket_is_found(file: Path) -> None:
    found = told(file, outputs(dead_letter_queue_url=None, on_failure_destination_arn="arn:aws:s3:::failed"))
    assert (found.bucket, found.queue) == ("failed", None)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(state(mapping())).encode())))
    assert in_state(Path("-")).mapping == "uuid"


def test_one_of_several_mappings_is_chosen(file: Path) -> None:
    both = state(mapping("one"), mapping("two", "arn:aws:s3:::failed"))
    assert told(file, both, "two").bucket == "failed"


@pytest.mark.parametrize(
    ("content", "uuid", "message"),
    [
        (state(mapping("one"), mapping("two")), None, "has several mappings: give --mapping, one of one, two"),
        (state(mapping("one")), "two", "has no mapping two; it has one"),
        (state(), None, "has no on-failure destination"),
        (state(mapping(stream="arn:aws:kinesis:eu-west-1:1:stream/a")), None, "has no on-failure destination"),
        ({}, None, "has no on-failure destination"),
        (state(mapping(destination="arn:aws:sns:eu-west-1:1:failed")), None, "keeps no messages: give --queue"),
    ],
)
def test_what_cannot_be_used_is_one_line(file: Path, content: dict[str, Any], uuid: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        told(file, content, uuid)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_file_that_is_no_state_is_one_line(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(UsageError, match=r"expected JSON|must be an object"):
        in_state(file)


def test_state_that_opentofu_has_encrypted_is_named(file: Path) -> None:
    encrypted = {"serial": 1, "lineage": "a", "meta": {}, "encrypted_data": "YQ==", "encryption_version": "v0"}
    with pytest.raises(UsageError, match=r"is encrypted by OpenTofu\. Use the output of tofu show -json"):
        told(file, encrypted)


def test_file_that_is_not_there_is_one_line(file: Path) -> None:
    with pytest.raises(UsageError, match=": No such file"):
        in_state(file)


@pytest.mark.parametrize(
    "content", [state(mapping(destination="")), outputs(event_source_mapping_uuid="uuid", dead_letter_queue_url=None)]
)
def test_mapping_without_a_destination_is_found_where_none_is_needed(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content))
    assert in_state(file, destination=False).mapping == "uuid"
    with pytest.raises(UsageError, match="has no on-failure destination"):
        in_state(file)
