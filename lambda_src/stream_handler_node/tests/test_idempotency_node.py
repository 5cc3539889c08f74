"""What only the Node.js function has: its handler, its imports, and the SDK. lambda_src/tests has the other cases."""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.local import emulator
from tests.support.functions import FUNCTIONS
from tests.support.idempotency import NODE, record

SDK = FUNCTIONS.parent / ".venvs" / "node" / "node_modules"
FILES = ("index.mjs", "stream.mjs")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not on the PATH: the Node.js handler cannot be run")


def run(folder: Path, code: str, environment: Mapping[str, str], *arguments: object) -> Any:  # noqa: ANN401 - JSON
    """Run code in a directory, with arguments as JSON, and return what it printed as JSON in its last line."""
    command = [str(NODE), "--input-type=module", "-e", code, *map(json.dumps, arguments)]
    done = subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", env=dict(environment), cwd=folder, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_imported_when_it_is_off(tmp_path: Path) -> None:
    """Without the file and the SDK, the function works."""
    for name in FILES:
        shutil.copy(FUNCTIONS / "stream_handler_node" / name, tmp_path)
    code = "import { handler } from './index.mjs'; console.log(JSON.stringify(await handler({ Records: [] })))"
    assert run(tmp_path, code, {}) == {"batchItemFailures": []}


def test_handler_processes_through_the_table_when_it_is_named() -> None:
    """The variable turns it on; that it has a value is checked before the first record."""
    code = "import { handler } from './index.mjs'; await handler({ Records: [] }).catch((e) => console.log(`\"${e}\"`))"
    folder = FUNCTIONS / "stream_handler_node"
    assert run(folder, code, {"IDEMPOTENCY_TABLE": ""}).startswith("StreamError: IDEMPOTENCY_TABLE is empty.")


INVOKE = """
import { processBatch } from "./index.mjs";
import { argv } from "node:process";
const effects = [];
const process = ({ eventID }) => {
  effects.push(eventID);
  if (argv[2] === "true") throw new Error("no");
};
const context = { getRemainingTimeInMillis: () => 1_100 };
const { batchItemFailures } = await processBatch({ Records: [JSON.parse(argv[1])] }, context, process);
console.log(JSON.stringify([effects.length, batchItemFailures.length]));
"""


@pytest.mark.emulator
@pytest.mark.skipif(not SDK.exists(), reason="make setup installs the AWS SDK for JavaScript if npm is on the PATH")
@pytest.mark.parametrize("scope", ["record", "item"])
def test_conditions_hold_on_an_emulator(tmp_path: Path, scope: str) -> None:
    """A table of the emulator with the client of the SDK that the function creates."""
    folder = tmp_path / "function"
    shutil.copytree(FUNCTIONS / "stream_handler_node", folder)
    (folder / "node_modules").symlink_to(SDK)
    with emulator.running("ministack") as aws:
        aws.client("dynamodb").create_table(
            TableName="states",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        environment = {**aws.variables({}), "IDEMPOTENCY_TABLE": "states", "IDEMPOTENCY_SCOPE": scope}

        def invoke(number: int, *, fails: bool = False) -> list[int]:
            """Return the number of effects and of failures."""
            effects: list[int] = run(folder, INVOKE, environment, record(number), fails)
            return effects

        assert [invoke(number) for number in (10, 10)] == [[1, 0], [0, 0]]
        assert invoke(2) == [int(scope == "record"), 0]
        # An error deletes the lease.
        assert [invoke(11, fails=True), invoke(11)] == [[1, 1], [1, 0]]
        # A crash leaves it until the invocation would have been stopped.
        lease = INVOKE.replace("effects.push(eventID);", "console.log('[\"crashed\"]'), exit(0);")
        lease = lease.replace("import { argv }", "import { argv, exit }")
        assert run(folder, lease, environment, record(12), False) == ["crashed"]  # noqa: FBT003 - an argument of the code
        assert invoke(12) == [0, 1]
        time.sleep(3.2)  # 1.1 s left and 1 s of skew, in whole seconds
        assert invoke(12) == [1, 0]
