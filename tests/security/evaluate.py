"""Evaluates Rego policies on plans, in the environment of the policies: prints what they deny, by plan, as JSON."""

import json
import sys
from pathlib import Path

from regopy import Interpreter


def _plain(value: object) -> object:
    """Return a plan with other quotes in its addresses: regopy 1.5 prints those of texts without escaping them."""
    if isinstance(value, dict):
        return {
            key: one.replace('"', "'") if key == "address" and isinstance(one, str) else _plain(one)
            for key, one in value.items()
        }
    return [_plain(one) for one in value] if isinstance(value, list) else value


def main(policies: Path, plans: list[str]) -> None:
    interpreter = Interpreter()
    for path in sorted(policies.glob("*.rego")):
        interpreter.add_module(path.name, path.read_text())
    found = {}
    for plan in plans:
        interpreter.set_input(_plain(json.loads(Path(plan).read_text())))
        found[plan] = json.loads(str(interpreter.query("data.ddb_stream_lambda.deny")))["expressions"][0]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
