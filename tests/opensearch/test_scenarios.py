"""Does the function do the right thing with every document and in every state of the server?"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.opensearch.conftest import Function
from tests.opensearch.documents import DOCUMENTS
from tests.opensearch.scenario import MODES, OWN, REMOVED, RESERVED, Change, Scenario
from tests.opensearch.servers import Server
from tests.opensearch.states import SCENARIOS_OF_STATES

SCENARIOS = (*DOCUMENTS, *SCENARIOS_OF_STATES)
NOT_DONE = {"report": ("again", "rejected"), "park": ("again",)}
METRICS = {
    "indexed": "Indexed",
    "deleted": "Deleted",
    "again": "Retried",
    "rejected": "Rejected",
    "conflict": "Conflicts",
    "noop": "Noops",
    "missing": "Missing",
}


def test_the_scenarios_have_names_of_their_own() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
    indices = [scenario.index for scenario in SCENARIOS]
    assert sorted(set(indices)) == sorted(indices)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name[:60])
def test_every_change_gets_what_is_right(server: Server, function: Callable[..., Function], scenario: Scenario) -> None:
    for mode in [mode for mode in MODES if mode in scenario.modes]:
        for policy in NOT_DONE:
            # Nothing distinguishes the policies if everything is done.
            if policy == "report" or re.search("again|rejected", scenario.expected):
                try:
                    run(server, function, scenario, mode, policy)
                except BaseException as error:
                    error.add_note(f"The mode is {mode}, the policy {policy}.")
                    raise


def run(server: Server, function: Callable[..., Function], scenario: Scenario, mode: str, policy: str) -> None:
    """Play a scenario on a server with nothing in it, and check what becomes of every change."""
    server.clean()
    # Many new fields take their time on a busy machine; what a function does without time is tested elsewhere.
    patient = {"TIMEOUT": "60"}
    settings = {"INDEX": scenario.index, "ON_REJECTED": policy, **patient, **MODES[mode], **scenario.settings}
    invoke = function(**settings)
    expected = scenario.outcomes(mode, server.major)
    documents: dict[str, Any] = {}
    server.set_up(scenario.calls(scenario.setup))
    try:
        for changes, outcomes in zip(scenario.batches, expected, strict=True):
            records = [invoke.record(change) for change in changes]
            if outcomes == ["raised"]:
                with pytest.raises(Exception, match=r"answered with HTTP 40[03]"):
                    invoke(records)
                continue
            assert len(outcomes) == len(records)
            not_done = [place for place, outcome in enumerate(outcomes) if outcome in NOT_DONE[policy]]
            assert invoke(records, left=120_000) == not_done[:1], invoke.log
            assert {name: invoke.metrics[name] for name in METRICS.values()} == {
                name: outcomes.count(outcome) for outcome, name in METRICS.items()
            }
            rejected = [line for line in invoke.log if line["message"] == "Document rejected"]
            assert [line["parked"] for line in rejected] == [policy == "park"] * outcomes.count("rejected")
            follow(documents, changes, outcomes)
    finally:
        server.set_up(scenario.calls(scenario.restore))
    if scenario.read != "":
        found = server.documents(scenario.read or scenario.index)
        rounds = mode == "ordered" or not server.real
        assert comparable(found, rounds=rounds) == comparable(documents, rounds=rounds)


def follow(documents: dict[str, Any], changes: Sequence[Change], outcomes: Sequence[str]) -> None:
    """Bring documents up to date with what became of changes."""
    for change, outcome in zip(changes, outcomes, strict=True):
        id_ = "|".join(
            change.key[name].replace("\\", "\\\\").replace("|", "\\|") if len(change.key) > 1 else change.key[name]
            for name in sorted(change.key)
        )
        if outcome == "indexed":
            documents[id_] = {**change.key, **{named(name): value for name, value in change.attributes.items()}}
        elif outcome == "deleted":
            assert change.name == REMOVED
            documents.pop(id_, None)


def named(attribute: str) -> str:
    """Return the name of an attribute's field."""
    renamed = attribute in (*RESERVED, *OWN) or "." in attribute
    return "dynamodb_" + attribute.replace(".", "_") if renamed else attribute


def comparable(documents: dict[str, Any], *, rounds: bool) -> dict[str, Any]:
    """Return documents without what the function adds, their hashed ids without the hash, and comparable numbers."""
    return {
        "hashed" if id_.startswith("sha256:") or len(id_) > 512 else id_: {
            name: exact(value, rounds=rounds)
            for name, value in document.items()
            if name not in ("v", "dynamodb_sequence_number")
        }
        for id_, document in documents.items()
        if "dynamodb_removed_at" not in document
    }


def exact(value: Any, *, rounds: bool) -> Any:  # noqa: ANN401 - JSON
    """Return a value whose decimals compare: exactly, or as floats, which is how a script reads them."""
    if isinstance(value, dict):
        return {name: exact(inner, rounds=rounds) for name, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner, rounds=rounds) for inner in value]
    return float(value) if rounds and isinstance(value, Decimal) else value
