"""What is left in the end: with everything repaired, one more run for each function leaves only what it must."""

import json

from tests.operate.model.events import HELD
from tests.operate.model.functions import EventSourceMapping
from tests.operate.model.invariants import InvariantError
from tests.operate.model.pipeline import Discarded
from tests.operate.model.queues import IN_FLIGHT_LIMIT
from tests.operate.model.scenario import Scenario
from tests.operate.model.tables import Record


def check(scenario: Scenario, *, with_mapping: bool = True) -> None:
    """Let all processes end, repair everything, and replay the rest; at first without a mapping, if so wanted.

    Raises:
        InvariantError: A message is left without a reason, or the summary says something else than what is left.
    """
    for running in scenario.running:
        scenario.finish(running)
    for function in scenario.functions:
        function.failing, function.throttled, function.seconds = set(), 0, 0
    scenario.queue.repeated.clear()
    # Where messages that cannot be deleted are as many as may be in flight, nobody comes past them.
    scenario.queue.in_flight_limit = IN_FLIGHT_LIMIT
    scenario.wait(HELD)
    for mapping in [*([] if with_mapping else [None]), *scenario.mappings]:
        _check_last_run(scenario, mapping)


def _check_last_run(scenario: Scenario, mapping: EventSourceMapping | None) -> None:
    destination = scenario.queue.arn if mapping is None else mapping.destination_arn
    own = {
        name: discarded
        for name, discarded in scenario.discarded.items()
        if mapping in (None, discarded.mapping) and discarded.destination_arn == destination
    }
    there = own.keys() & {*(message.id for message in scenario.queue.left), *scenario.bucket.objects}
    must = _must_be_left(scenario, {name: own[name] for name in there}, mapping is not None)
    journal = f"{mapping.uuid if mapping else 'none'}.journal"
    answer = scenario.run(*scenario.words("replay", mapping), "--yes", "--json", journal=journal)
    left = own.keys() & {*(message.id for message in scenario.queue.left), *scenario.bucket.objects}
    if left != must:
        raise InvariantError(f"{sorted(left)} are left in the end, and {sorted(must)} must be\n{answer}")
    if answer.code not in {0, 14}:
        raise InvariantError(f"the last run ended with {answer}")
    # Of records that are found or not by other patterns than they were once, nobody can count how many expired.
    if all(_is_found(own[name], with_mapping=mapping is not None) for name in there):
        expired = sum(not _exists(scenario, own[name], record) for name in there for record in own[name].records)
        if json.loads(answer.out)["expired"] != expired:
            raise InvariantError(f"{expired} records have expired in the end, and the summary is {answer.out}")


def _exists(scenario: Scenario, discarded: Discarded, record: Record) -> bool:
    """Tell whether a record can be read: an object holds it itself."""
    return discarded.has_payload or scenario.table.readable(record)


def _is_found(discarded: Discarded, *, with_mapping: bool) -> bool:
    """Tell whether it is known which records it is about."""
    return discarded.is_found if with_mapping else discarded.has_payload or discarded.between == list(discarded.records)


def _must_be_left(scenario: Scenario, there: dict[str, Discarded], with_mapping: bool) -> set[str]:  # noqa: FBT001
    """Return what cannot be deleted.

    Records are gone from the stream, their items have changed since the last of them, or nobody knows which they are:
    the filter patterns have changed, or are not known.
    """
    found = {name: each for name, each in there.items() if _is_found(each, with_mapping=with_mapping)}
    last: dict[tuple[str, str], Record] = {}
    for each in found.values():
        readable = [record for record in each.records if _exists(scenario, each, record)]
        # Without a mapping, nobody knows which records are left of those that it is about.
        for record in readable if with_mapping or len(readable) == len(each.records) else []:
            item = (each.mapping.uuid, record.key)
            last[item] = max(last.get(item, record), record, key=lambda one: one.sequence)
    items = scenario.table.items
    return (there.keys() - found.keys()) | {
        name
        for name, each in found.items()
        for record in each.records
        if not _exists(scenario, each, record)
        or (
            (each.mapping.uuid, record.key) in last and last[each.mapping.uuid, record.key].new != items.get(record.key)
        )
    }
