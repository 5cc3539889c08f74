"""Are resources and outputs found in each form in which Terraform writes a state?"""

import json
from pathlib import Path

import pytest

from generator import states
from generator.errors import UsageError
from generator.states import Resource

STATE = {
    "version": 4,
    "outputs": {"name": {"value": "orders", "type": "string"}},
    "resources": [
        {"type": "aws_sqs_queue", "instances": [{"attributes": {"name": "a"}}]},
        {
            "module": 'module.orders["eu"]',
            "type": "aws_sqs_queue",
            "instances": [{"index_key": 0, "attributes": {"name": "b"}}, {"index_key": 1, "attributes": {"name": "c"}}],
        },
    ],
}
SHOWN = {
    "values": {
        "outputs": {"name": {"value": "orders", "type": "string"}},
        "root_module": {
            "resources": [{"type": "aws_sqs_queue", "values": {"name": "a"}}],
            "child_modules": [
                {
                    "address": 'module.orders["eu"]',
                    "resources": [{"type": "aws_sqs_queue", "values": {"name": one}} for one in "bc"],
                }
            ],
        },
    }
}


@pytest.mark.parametrize("document", [STATE, SHOWN], ids=["state", "show"])
def test_resources_have_their_module(document: dict[str, object]) -> None:
    inner = 'module.orders["eu"]'
    assert list(states.resources(document)) == [
        Resource("", "aws_sqs_queue", {"name": "a"}),
        Resource(inner, "aws_sqs_queue", {"name": "b"}),
        Resource(inner, "aws_sqs_queue", {"name": "c"}),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"resources": [{"type": "a", "instances": [{"deposed": "00000001", "attributes": {"name": "b"}}]}]},
        {"values": {"root_module": {"resources": [{"type": "a", "deposed_key": "00000001", "values": {"name": "b"}}]}}},
    ],
    ids=["state", "show"],
)
def test_instance_that_a_replacement_left_is_none(document: dict[str, object]) -> None:
    assert not list(states.resources(document))


@pytest.mark.parametrize(
    "document",
    [{}, {"resources": 1}, {"resources": [{"instances": [{"attributes": 1}]}]}, {"values": {"root_module": []}}],
)
def test_other_documents_have_no_resources(document: dict[str, object]) -> None:
    assert not list(states.resources(document))


def test_outputs_are_found_at_any_depth_but_not_within_each_other() -> None:
    document = {"all": {"value": [{"name": "a", "more": {"name": "b"}}, {"inner": {"name": "c"}}], "type": "x"}}
    assert list(states.outputs(document, lambda outputs: outputs.get("name"))) == ["a", "c"]


def test_encrypted_state_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text(json.dumps({"encrypted_data": "", "meta": {}}))
    with pytest.raises(UsageError, match=r"is encrypted by OpenTofu. Use the output of tofu show -json"):
        states.read(file)
