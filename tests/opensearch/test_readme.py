"""Does the README of the function say what is so: outages, the template, and how ids and names are made?"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from generator.simulate.engine import Shard, SimulatedClock, simulate
from tests.mapping.simulating import Record
from tests.opensearch.following import MODULE
from tests.opensearch.servers import documents
from tests.opensearch.test_template import TEMPLATE
from tests.support.functions import FUNCTIONS

README = (FUNCTIONS / "opensearch_indexer/README.md").read_text(encoding="utf-8")
MAPPINGS = {
    "5 retries": {"maximum_retry_attempts": 5},
    "500 retries, 86,400 seconds (default)": {},
    "500 retries, 43,200 seconds": {"maximum_record_age_in_seconds": 43_200},
}
OUTAGES = {"15 seconds": 15, "10 minutes": 600, "2 days": 172_800}


class Discards(Observer):
    """Counts the records that a mapping discards."""

    def __init__(self) -> None:
        self.count = 0

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor, at
        self.count += len(discard.records)


def discarded(seconds: int, settings: Mapping[str, Any]) -> int:
    """Return how many records are given up while a function fails for so long, of one a second."""

    def fails(_invoke: Invoke, clock: SimulatedClock) -> Reply:
        return Failure(error="TransportError") if clock.now < seconds else None

    discards = Discards()
    records = [Record(place, arrival=float(place)) for place in range(seconds + 60)]
    simulate([Shard(name="shard", records=records)], Settings(**{**MODULE, **settings}), fails, observer=discards)
    return discards.count


@pytest.mark.slow
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_the_table_of_outages_is_what_the_simulator_gives(mapping: str) -> None:
    row = f"| {mapping} |"
    for seconds in OUTAGES.values():
        row += f" {discarded(seconds, MAPPINGS[mapping]):,} of {seconds:,} |"
    assert row in README


def test_the_names_that_are_renamed_are_listed() -> None:
    listed = re.search(r"reserves \((.*?)\)", README, re.DOTALL)
    assert listed
    assert set(re.findall("`(.*?)`", listed[1])) == documents.METADATA


def test_the_fields_of_markers_are_those_of_the_template() -> None:
    assert set(TEMPLATE["template"]["mappings"]["properties"]) == {documents.SEQUENCE_NUMBER, documents.REMOVED_AT}
    assert f"`{documents.SEQUENCE_NUMBER}` and `{documents.REMOVED_AT}`" in README
    (alias,) = TEMPLATE["template"]["aliases"]
    assert f"`{alias.replace('{index}', '<index>')}`" in README


def test_every_limit_of_the_template_is_named() -> None:
    limits = TEMPLATE["template"]["settings"]
    assert f"up to {limits['index.mapping.total_fields.limit']:,} fields" in README
