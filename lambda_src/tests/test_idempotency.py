"""Is each record processed once, over repeats, crashes, and parallel invocations? The same cases for both languages."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.idempotency import (
    NODE,
    TIMEOUT,
    Crash,
    Function,
    Invocation,
    LeaseError,
    NodeProcess,
    Record,
    StreamError,
    record,
)
from tests.support.properties import examples

KEPT = 14 * 24 * 3600


@pytest.fixture(scope="module", params=["Python", "Node.js"])
def node(request: pytest.FixtureRequest) -> Iterator[NodeProcess | None]:
    """Return the process that runs invocations in Node.js; None for Python."""
    if request.param == "Python":
        yield None
        return
    if NODE is None:
        pytest.skip("node is not on the PATH: the Node.js handler cannot be run")
    process = NodeProcess()
    yield process
    process.close()


@pytest.fixture(params=["record", "item"])
def function(node: NodeProcess | None, request: pytest.FixtureRequest) -> Function:
    """Return the function with each scope."""
    return Function(node, request.param)


def state_of(function: Function, this: Record) -> str:
    """Return what is processed once: the record, or its item."""
    return str(this["eventID"] if function.scope == "record" else this["dynamodb"]["Keys"]["id"]["S"])


class Model:
    """What happened, and what must hold at each call of ``process``."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.effects: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.done: list[Record] = []

    def newer_is_done(self, this: Record) -> bool:
        """Say whether a newer record of the item is marked as done."""
        return any(
            other["dynamodb"]["Keys"] == this["dynamodb"]["Keys"]
            and int(other["dynamodb"]["SequenceNumber"]) > int(this["dynamodb"]["SequenceNumber"])
            for other in self.done
        )

    def check_call(self, this: Record) -> None:
        """Hold a call of ``process`` to the guarantees."""
        assert this not in self.done
        assert self.function.scope == "record" or not self.newer_is_done(this)

    def check_end(self, records: list[Record]) -> None:
        """Hold the end to the guarantees: nothing was left out, and nothing repeated without a reason."""
        for this in records:
            name = this["eventID"]
            assert self.effects[name] <= self.lost[name] + 1
            skipped = self.function.scope == "item" and self.newer_is_done(this)
            assert self.effects[name] >= 1 or skipped


ENDS = ["works", "works", "fails", "crashes before the effect", "crashes after the effect"]


@settings(parent=examples(0.5), deadline=None)
@given(
    scope=st.sampled_from(["record", "item"]),
    attempts=st.lists(st.tuples(st.integers(1, 9), st.sampled_from("ab"), st.sampled_from(ENDS)), max_size=25),
)
def test_effect_repeats_only_after_a_crash_between_effect_and_mark(
    node: NodeProcess | None, scope: str, attempts: list[tuple[int, str, str]]
) -> None:
    """Records in any order, repeated: at most one effect more than crashes; with scope item, none out of order."""
    function = Function(node, scope)
    model = Model(function)
    for number, item, end in [*attempts, *((number, item, "works") for number, item, _ in attempts)]:
        this = record(number, item)

        def process(each: Record, end: str = end) -> None:
            model.check_call(each)
            if end == "crashes before the effect":
                raise Crash
            if end == "fails":
                raise ValueError
            model.effects[each["eventID"]] += 1
            if end == "crashes after the effect":
                model.lost[each["eventID"]] += 1
                raise Crash

        try:
            function.invoke(process, this)
            if not model.newer_is_done(this):
                model.done.append(this)
        except ValueError:
            assert end == "fails"
        except Crash:
            # Lambda repeats the batch when the invocation would have ended, at the latest.
            function.clock.sleep(TIMEOUT / 2)
    model.check_end([record(number, item) for number, item, _ in attempts])


class Parallel:
    """Several invocations at the same time: decides at random whose call is next, and which invocation crashes."""

    def __init__(self, function: Function, chance: random.Random, crashes: float) -> None:
        self.function, self.chance, self.crashes, self.errors = function, chance, crashes, 0.2
        self.model = Model(function)
        self.running: dict[Invocation, Record] = {}
        """What invocations have called ``process`` for."""
        self.effects: dict[Invocation, Record] = {}
        """What they have done, and not marked."""

    def run(self, *batches: list[Record], timeout: float) -> None:
        """Invoke the function with each batch at once, until every invocation has ended or crashed."""
        live = [self.function.start(*batch, timeout=timeout) for batch in batches]
        while live:
            invocation = self.chance.choice(live)
            clock = self.function.clock
            if invocation.call.kind == "sleep":
                # The others go on meanwhile, so that not each pause adds to the time.
                clock.sleep(invocation.call.data * self.chance.random())
            stopped = [each for each in live if each.call.kind == "ended" or clock.now >= each.end]
            if invocation not in stopped:
                self._step(invocation)
                stopped += [invocation] if self.chance.random() < self.crashes else []
            for each in stopped:
                live.remove(each)
                self._stop(each)

    def _step(self, invocation: Invocation) -> None:
        kind, data = invocation.call
        if kind == "update":
            marks = "SET done" in data["UpdateExpression"]
            if self.function.update(invocation) and marks:
                self.model.done.append(self.effects.pop(invocation))
        elif kind == "process":
            this = self.running.pop(invocation)
            if self.chance.random() < self.errors:
                invocation.answer(error=ValueError("no"))
            else:
                self.model.effects[this["eventID"]] += 1
                self.effects[invocation] = this
                invocation.answer()
        else:
            invocation.answer()
        if invocation.call.kind == "process":
            this = invocation.call.data
            self.model.check_call(this)
            state = state_of(self.function, this)
            assert state not in {state_of(self.function, other) for other in self.running.values()}
            self.running[invocation] = this

    def _stop(self, invocation: Invocation) -> None:
        if invocation.call.kind != "ended":
            invocation.crash()
        self.running.pop(invocation, None)
        lost = self.effects.pop(invocation, None)
        if lost:
            self.model.lost[lost["eventID"]] += 1


@settings(parent=examples(1), deadline=None)
@given(
    scope=st.sampled_from(["record", "item"]),
    batches=st.lists(
        st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ab")), min_size=1, max_size=4), min_size=1, max_size=4
    ),
    chance=st.randoms(use_true_random=False),
    crashes=st.sampled_from([0.0, 0.1]),
)
def test_parallel_invocations_process_a_record_or_an_item_one_at_a_time(
    node: NodeProcess | None,
    scope: str,
    batches: list[list[tuple[int, str]]],
    chance: random.Random,
    crashes: float,
) -> None:
    """Batches that overlap, in any order of their calls, with errors, crashes, and invocations that Lambda stops."""
    parallel = Parallel(Function(node, scope), chance, crashes)
    records = [[record(number, item) for number, item in batch] for batch in batches]
    parallel.run(*records, timeout=4)
    parallel.function.clock.sleep(10)
    # Lambda sends every record again until it is processed.
    parallel.crashes = parallel.errors = 0
    alone = [this for batch in records for this in batch]
    for this in alone:
        parallel.run([this], timeout=4)
    parallel.model.check_end(alone)


def crash(_: Record) -> None:
    """End the process."""
    raise Crash


def unwanted(_: Record) -> None:
    """Must not be called."""
    pytest.fail("The record was processed")


def test_retry_waits_for_the_lease_of_a_crashed_invocation(function: Function) -> None:
    """A lease ends when Lambda would have stopped the invocation that held it."""
    with pytest.raises(Crash):
        function.invoke(crash, record(1))
    began = function.clock.now
    effects: list[Record] = []
    function.clock.sleep(5)
    function.invoke(effects.append, record(1))
    assert effects == [record(1)]
    assert TIMEOUT <= function.clock.now - began <= TIMEOUT + 3


def test_record_fails_when_its_lease_does_not_end_in_time(function: Function) -> None:
    """The batch ends with a clear error before Lambda stops it."""
    with pytest.raises(Crash):
        function.invoke(crash, record(1))
    with pytest.raises(LeaseError, match="Another invocation is processing the record"):
        function.invoke(unwanted, record(1))


def test_record_fails_when_its_lease_was_taken_over(function: Function) -> None:
    """What ran for longer than its lease does not mark what another one is processing."""

    def slow(each: Record) -> None:
        function.clock.sleep(TIMEOUT + 3)
        with pytest.raises(Crash):
            function.invoke(crash, each)

    with pytest.raises(LeaseError, match="The lease expired"):
        function.invoke(slow, record(1))
    assert not any("done" in row for row in function.table.rows.values())


@pytest.mark.parametrize("lost", [0, 1], ids=["of the lease", "of the mark"])
def test_request_whose_response_was_lost_can_be_repeated(function: Function, lost: int) -> None:
    """The SDK repeats it: the own lease is free, and the own mark is no error."""
    invocation = function.start(record(1))
    processed = updates = 0
    while invocation.call.kind != "ended":
        if invocation.call.kind == "process":
            processed += 1
            invocation.answer()
            continue
        if updates == lost:
            function.table.update_item(invocation.call.data)
        updates += 1
        function.update(invocation)
    assert (processed, updates, invocation.call.data) == (1, 2, None)


def test_state_has_an_expiry_and_no_item_data(function: Function) -> None:
    """TTL deletes it; keys of an item can be personal data."""
    this = {**record(1, "a private note"), "eventID": "1"}
    function.invoke(lambda _: None, this)
    ((name, row),) = function.table.rows.items()
    assert int(row["expires"]["N"]) == function.clock.now + KEPT
    assert row.keys() == {"done", "expires"}
    assert "private" not in name


def test_error_of_process_deletes_the_lease(function: Function) -> None:
    """The next attempt does not wait."""
    began = function.clock.now
    with pytest.raises(ZeroDivisionError):
        function.invoke(lambda _: 1 / 0, record(1))
    effects: list[Record] = []
    function.invoke(effects.append, record(1))
    assert (effects, function.clock.now) == ([record(1)], began)


def test_invalid_record_or_setting_is_an_error(function: Function) -> None:
    """Nothing is processed without a state."""
    with pytest.raises(StreamError, match="The record has no "):
        function.invoke(unwanted, {"dynamodb": {"SequenceNumber": "1"}})
    function.environment["IDEMPOTENCY_SCOPE"] = "table"
    with pytest.raises(StreamError, match=r'IDEMPOTENCY_SCOPE must be "record" or "item"\. Got "table"'):
        function.invoke(unwanted, record(1))
    function.environment["IDEMPOTENCY_TABLE"] = ""
    with pytest.raises(StreamError, match="IDEMPOTENCY_TABLE is empty"):
        function.invoke(unwanted, record(1))


TEXTS = st.text(min_size=1, max_size=8)
KEYS: Any = st.dictionaries(TEXTS, st.dictionaries(st.sampled_from("SNB"), TEXTS, min_size=1, max_size=1), min_size=1)


@pytest.mark.slow
@pytest.mark.skipif(NODE is None, reason="node is not on the PATH: the Node.js handler cannot be run")
def test_states_have_the_same_names_in_both_languages() -> None:
    """A function can be replaced by the other without processing again what is done."""
    node = NodeProcess()

    @settings(deadline=None)
    @given(keys=KEYS, scope=st.sampled_from(["record", "item"]))
    def compare(keys: dict[str, Any], scope: str) -> None:
        this = {**record(1), "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
        functions = [Function(each, scope) for each in (node, None)]
        for each in functions:
            each.environment["AWS_LAMBDA_FUNCTION_NAME"] = "orders"
        assert functions[0].name_of(this) == functions[1].name_of(this)

    compare()
    node.close()
