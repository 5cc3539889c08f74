"""What does Terraform do to a pipeline with a protected table, and does the remedy of docs/upgrading.md restore it?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator import terraform
from generator.local import emulator
from generator.local.emulator import ACCOUNT
from generator.terraform import Terraform
from generator.terraform.program import call
from tests.support.planning import PACKAGE, blocks, write_root
from tests.upgrade.record import EMPTY_ZIP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]

# Without the queue, for which the provider waits 25 seconds at each change. After another name, the old queue is a
# deposed object, which the next apply deletes together with the new queue of the same name (tried).
GIVEN: dict[str, Any] = {
    "alarm_actions": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"],
    "dead_letter_queue_enabled": False,
}
CHANGES: dict[str, dict[str, Any] | None] = {
    # As terraform destroy, and the removed module block
    "destroy": None,
    "key": {**GIVEN, "table_partition_key": {"name": "pk"}},
    "name": {**GIVEN, "name": "parcels"},
}


class Root:
    """A root module with the pipeline ``orders``: what each change printed, and what was left in the state."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.runner = Terraform(folder, variables=variables)
        self.outputs: dict[str, str] = {}
        self.left: dict[str, set[str]] = {}
        self.next: dict[str, list[str]] = {}

    def write(self, given: dict[str, Any]) -> None:
        write_root(self.folder, blocks({"orders": given}), offline=False)
        (self.folder / PACKAGE).write_bytes(EMPTY_ZIP)
        terraform.local(self.folder)

    def fail(self, change: str) -> None:
        """Make a change that fails, then return to the first configuration."""
        given = CHANGES[change]
        if given is not None:
            self.write(given)
        words = ("apply", *(["-destroy"] if given is None else []), "-input=false", "-auto-approve", "-no-color")
        code, output, error = call(self.runner.program, self.folder, self.runner.variables, *words)
        assert code
        self.outputs[change] = output + error
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        self.left[change] = {
            each["type"] for each in state["resources"] if each["mode"] == "managed" and each["instances"]
        }
        self.write(GIVEN)
        self.runner.apply()
        changes = self.runner.plan()["resource_changes"]
        # The emulator returns half of an alarm (tests/local/differences.py)
        self.next[change] = [
            each["address"]
            for each in changes
            if each["change"]["actions"] not in (["no-op"], ["read"]) and "metric_alarm" not in each["address"]
        ]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
    with emulator.running("ministack") as aws:
        one = Root(tmp_path_factory.mktemp("protected"), aws.variables(terraform.environment()))
        one.write(GIVEN)
        one.runner.init()
        one.runner.apply()
        for change in CHANGES:
            one.fail(change)
        yield one


@pytest.mark.parametrize("change", CHANGES)
def test_apply_fails_at_the_table_which_stays(change: str, root: Root) -> None:
    assert "aws_dynamodb_table" in root.left[change]
    assert "eletion protection" in root.outputs[change]
    assert "aws_lambda_event_source_mapping" not in root.left[change]
    # With the key alone, only what uses the stream is replaced
    assert ("aws_lambda_function" in root.left[change]) == (change == "key")


@pytest.mark.parametrize("change", CHANGES)
def test_reverted_change_restores_the_pipeline(change: str, root: Root) -> None:
    assert root.next[change] == []
