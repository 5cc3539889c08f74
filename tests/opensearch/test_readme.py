"""Does the README of the function say what is so: outages, the template, and how ids and names are made?"""

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from generator.simulate.engine import Shard, SimulatedClock, simulate
from tests.mapping.simulating import Record
from tests.opensearch.claims import SHOWN
from tests.opensearch.conftest import Function
from tests.opensearch.following import MODULE
from tests.opensearch.scenario import MODES, OWN, RESERVED, put, remove
from tests.opensearch.servers import Server, documents
from tests.opensearch.test_template import TEMPLATE
from tests.support.functions import FUNCTIONS
from tests.support.planning import TOP

README = (FUNCTIONS / "opensearch_indexer/README.md").read_text(encoding="utf-8")
MAPPINGS: Mapping[str, Mapping[str, Any]] = {
    "5 retries": {"maximum_retry_attempts": 5},
    "500 retries, 86,400 seconds (default)": {},
    "500 retries, 43,200 seconds": {"maximum_record_age_in_seconds": 43_200},
}
OUTAGES = {"15 seconds": 15, "10 minutes": 600, "2 days": 172_800}


class Discards(Observer):
    """Counts the records that a mapping discards."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self.at: list[float] = []

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor
        self.arrivals += [record.arrival for record in discard.records]
        self.at.append(at)


@functools.cache
def discarded(seconds: int, mapping: str) -> list[float]:
    """Return when the records were written that are discarded while a function fails for so long, of one a second."""

    def fails(_invoke: Invoke, clock: SimulatedClock) -> Reply:
        return Failure(error="TransportError") if clock.now < seconds else None

    discards = Discards()
    records = [Record(place, arrival=float(place)) for place in range(seconds + 60)]
    simulate(
        [Shard(name="shard", records=records)], Settings(**{**MODULE, **MAPPINGS[mapping]}), fails, observer=discards
    )
    return discards.arrivals


@pytest.mark.slow
@pytest.mark.no_cover  # makes a simulation of two days take three times as long
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_table_of_outages_is_what_the_simulator_gives(mapping: str) -> None:
    row = f"| {mapping} |"
    for seconds in OUTAGES.values():
        row += f" {len(discarded(seconds, mapping)):,} of {seconds:,} |"
    assert row in README


@pytest.mark.slow
@pytest.mark.no_cover  # makes a simulation of two days take three times as long
def test_discarded_records_can_be_replayed_for_twelve_hours() -> None:
    """Those that have not expired when the server is back; with the default age, none."""
    end = OUTAGES["2 days"]
    left = {
        mapping: sum(arrival >= end - 86_400 for arrival in discarded(end, mapping))
        for mapping in MAPPINGS
        if mapping.startswith("500")
    }
    assert left == {"500 retries, 86,400 seconds (default)": 1, "500 retries, 43,200 seconds": 43_201}
    assert "43,200 of the discarded records can still be replayed" in README


@pytest.mark.slow
@pytest.mark.no_cover  # makes a simulation of two days take three times as long
@pytest.mark.parametrize(("retries", "seconds"), [(5, 6.2), (500, 86_400)])
def test_reported_document_blocks_its_shard_as_long_as_the_readme_says(retries: int, seconds: float) -> None:
    def fails(_invoke: Invoke, _clock: SimulatedClock) -> Reply:
        return Failure(error="reported")

    discards = Discards()
    settings = Settings(**{**MODULE, "maximum_retry_attempts": retries})
    simulate([Shard(name="shard", records=[Record(0, arrival=0.0)])], settings, fails, observer=discards)
    assert discards.at == [pytest.approx(seconds, rel=0.001)]


def test_the_names_that_are_renamed_are_listed() -> None:
    listed = re.findall(r"(?:reserves|field of the function)\s+\((.*?)\)", README, re.DOTALL)
    assert [re.findall("`(.*?)`", names) for names in listed] == [list(RESERVED), list(OWN)]
    assert {*RESERVED, *OWN} == documents._RENAMED


def test_the_fields_of_markers_are_those_of_the_template() -> None:
    assert set(TEMPLATE["template"]["mappings"]["properties"]) == {documents.SEQUENCE_NUMBER, documents.REMOVED_AT}
    assert f"`{documents.SEQUENCE_NUMBER}` and `{documents.REMOVED_AT}`" in README
    (alias,) = TEMPLATE["template"]["aliases"]
    assert f"`{alias.replace('{index}', '<index>')}`" in README


def test_every_limit_of_the_template_is_named() -> None:
    limits = TEMPLATE["template"]["settings"]
    assert f"up to {limits['index.mapping.total_fields.limit']:,} fields" in README


# --- every sentence ---------------------------------------------------------------------------------------------------


def blocks() -> list[str]:
    """Return the paragraphs, bullets and rows of the README, without headings, code and heads of tables."""
    found: list[str] = []
    for part in re.split(r"\n\s*\n", re.sub(r"```.*?```", "", README, flags=re.DOTALL)):
        if part.startswith("|"):
            found += part.splitlines()[2:]
        elif not part.startswith("#"):
            found += re.split(r"\n(?=- )", part.strip())
    return [block for block in found if block]


def test_every_block_is_shown_by_tests_or_has_a_reason() -> None:
    shown = {block: [phrase for phrase in SHOWN if phrase in block] for block in blocks()}
    assert {block: phrases for block, phrases in shown.items() if len(phrases) != 1} == {}
    assert sorted(SHOWN) == sorted(phrase for (phrase,) in shown.values())


def test_tests_that_show_a_block_exist() -> None:
    folders = (FUNCTIONS / "opensearch_indexer/tests", FUNCTIONS / "stream_handler/tests", Path(__file__).parent)
    sources = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", sources))
    named = {test for tests in SHOWN.values() if not isinstance(tests, str) for test in tests}
    assert named - defined == set()


def test_only_the_paths_of_the_readme_are_requested(server: Server, function: Callable[..., Function]) -> None:
    """Which the role of the example allows."""
    server.call("PUT", "/_index_template/orders", TEMPLATE)
    invoke = function(**MODES["ordered"])
    connection = invoke.handler.parts().connection
    post, targets = connection.post, set()

    def noted(target: str, *arguments: Any) -> tuple[int, bytes]:  # noqa: ANN401 - as the method has them
        targets.add(target.partition("?")[0].removeprefix("/"))
        answer: tuple[int, bytes] = post(target, *arguments)
        return answer

    connection.post = noted
    invoke.check()
    assert invoke([invoke.record(put("a")), invoke.record(remove("b"))]) == []
    invoke.check()
    listed = README.partition("## Permissions")[2].partition("##")[0]
    assert targets == {path.replace("<index>", "orders") for path in re.findall(r"`([^`]*<index>[^`]*)`", listed)}
    example = (TOP / "examples/opensearch/main.tf").read_text(encoding="utf-8")
    assert targets == {
        path.replace("${var.index}", "orders") for path in re.findall(r"\{var.domain_arn\}/([^\"]+)", example)
    }
