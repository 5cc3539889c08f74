"""Is each failure shown by the alarms that the documentation says, and by no other?"""

import functools
import re
from typing import Any

import pytest

from generator.errors import LocalAwsError
from generator.local import emulator
from generator.local.event_poller import EventPoller
from generator.simulate import simulation_run
from generator.simulate.module_settings import module_settings
from generator.simulate.simulation_run import FailureMode, Scenario
from tests.local.deployment import Watched
from tests.local.resources import credentials, function, role, table
from tests.operations.cases import CASES, WATCHED
from tests.operations.metrics import metrics, states
from tests.support.planning import TOP, Instance, plan_instances

ALARMS = {"dead_letters", "errors", "failed_deliveries", "iterator_age", "stalled", "throttles"}
DOCUMENT = "".join(page.read_text() for page in sorted((TOP / "docs/runbook").glob("*.md")))
SIMULATED = [name for name, case in CASES.items() if case.scenario]
PATTERN = '{"eventName": ["INSERT"]}'


@functools.cache
def simulated(name: str) -> simulation_run.Report:
    case = CASES[name]
    assert case.scenario
    return simulation_run.run(module_settings(**case.settings), case.scenario)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    actions = {"alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"]}
    filters = {**actions, "event_source_filter_patterns": [PATTERN]}
    cases: dict[str, dict[str, Any]] = {
        "plain": actions,
        "sensitive": {**actions, "alarm_errors_threshold": 1, "alarm_throttles_threshold": 1},
        "to_a_bucket": {
            **actions,
            "event_source_metrics_enabled": True,
            "on_failure_destination": {"type": "s3", "arn": "arn:aws:s3:::failures"},
        },
        "filtered": filters,
        "filtered_with_metrics": {**filters, "event_source_metrics_enabled": True},
        "without": {**actions, "alarm_stalled_minutes": 0},
        "rounded_up": {**actions, "alarm_stalled_minutes": 61},
    }
    return plan_instances(cases, tmp_path_factory.mktemp("alarms"))


def alarms(instance: Instance) -> dict[str, Any]:
    """Return the alarms of an instance by what they watch."""
    found = {
        re.fullmatch(r'aws_cloudwatch_metric_alarm\.(?:this\["(\w+)"\]|(\w+)\[0\])', address): values
        for address, values in instance.resources.items()
    }
    return {name[1] or name[2]: values for name, values in found.items() if name}


@pytest.mark.terraform
@pytest.mark.parametrize("name", SIMULATED)
def test_exactly_the_alarms_of_the_case_go_off(name: str, planned: dict[str, Instance]) -> None:
    found = metrics(simulated(name), WATCHED)
    on = {alarm for alarm, values in alarms(planned["plain"]).items() if any(states(values, found, WATCHED))}
    assert on == {*CASES[name].alarms}
    assert not on & {*CASES[name].silent}


@pytest.mark.terraform
@pytest.mark.parametrize("mode", [FailureMode.RAISE, FailureMode.THROTTLE])
def test_failure_that_a_retry_heals_causes_no_alarm(mode: FailureMode, planned: dict[str, Instance]) -> None:
    scenario = Scenario(
        records=600, rate=10, failing=frozenset(range(1, 601)), failure_mode=mode, failure_duration=0.25
    )
    found = metrics(simulation_run.run(module_settings(), scenario), WATCHED)

    def on(case: str) -> set[str]:
        return {alarm for alarm, values in alarms(planned[case]).items() if any(states(values, found, WATCHED))}

    assert on("plain") == set()
    assert on("sensitive") == {"errors" if mode is FailureMode.RAISE else "throttles"}


@pytest.mark.terraform
def test_discarded_record_causes_an_alarm_with_any_destination(planned: dict[str, Instance]) -> None:
    found = metrics(simulated("failing record, reported"), WATCHED)
    on = {alarm for alarm, values in alarms(planned["to_a_bucket"]).items() if any(states(values, found, WATCHED))}
    assert on == {"discarded"}


@pytest.mark.terraform
def test_iterator_age_stays_on_while_a_retry_is_put_off_for_hours(planned: dict[str, Instance]) -> None:
    found = metrics(simulated("failing record, reported, with 500 retries"), WATCHED)
    alarm = alarms(planned["plain"])["iterator_age"]
    result = states(alarm, found, WATCHED)
    assert all(result[result.index(True) :])
    silent = [
        period for period in range(result.index(True), len(result)) if period not in found["AWS/Lambda", "IteratorAge"]
    ]
    assert len(silent) > 60


@pytest.mark.terraform
def test_iterator_age_ends_with_the_next_batch_that_is_young(planned: dict[str, Instance]) -> None:
    ages = {("AWS/Lambda", "IteratorAge"): {0: 7_200_000.0, 3: 100.0}}
    alarm = alarms(planned["plain"])["iterator_age"]
    assert states(alarm, ages, 5 * 300) == [True, True, True, False, False]


@pytest.mark.terraform
def test_every_alarm_shows_a_case(planned: dict[str, Instance]) -> None:
    assert set(alarms(planned["plain"])) == ALARMS == {alarm for case in CASES.values() for alarm in case.alarms}


@pytest.mark.parametrize("heading", sorted({case.heading for case in CASES.values()}))
def test_every_case_has_its_paragraph(heading: str) -> None:
    assert re.search(rf"^##+ {heading}$", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("alarm", sorted({*ALARMS, "discarded"}))
def test_every_alarm_has_its_page(alarm: str) -> None:
    page = (TOP / f"docs/runbook/{alarm}.md").read_text()
    assert page.startswith(f"# Alarm `{alarm}`\n")
    assert all(f"**{part}**" in page for part in ("Symptom", "Impact", "Diagnose", "Fix"))
    assert f"| [{alarm}]({alarm}.md) |" in (TOP / "docs/runbook/index.md").read_text()


@pytest.mark.terraform
class TestStalled:
    def test_it_is_left_out_where_filters_may_keep_everything_from_the_function(
        self, planned: dict[str, Instance]
    ) -> None:
        assert set(alarms(planned["filtered"])) == ALARMS - {"stalled"}

    def test_it_watches_what_the_mapping_reads_where_that_is_measured(self, planned: dict[str, Instance]) -> None:
        queries = alarms(planned["filtered_with_metrics"])["stalled"]["metric_query"]
        (read,) = (query for query in queries if query["id"] == "read")
        assert read["metric"][0]["metric_name"] == "PolledEventCount"

    def test_0_switches_it_off(self, planned: dict[str, Instance]) -> None:
        assert set(alarms(planned["without"])) == ALARMS - {"stalled"}

    def test_minutes_become_periods_of_five(self, planned: dict[str, Instance]) -> None:
        assert alarms(planned["plain"])["stalled"]["evaluation_periods"] == 3
        assert alarms(planned["rounded_up"])["stalled"]["evaluation_periods"] == 13


@pytest.mark.emulator
def test_mapping_that_may_not_read_invokes_nothing() -> None:
    with emulator.running("ministack", enforce_iam=True) as aws:
        name, stream = table(aws)
        invoked = function(aws, "handler = lambda *_: None")
        client = aws.client("lambda")
        mapping = client.create_event_source_mapping(
            FunctionName=invoked, EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=100
        )
        aws.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "a"}})
        session = credentials(aws, role(aws, principal={"AWS": "*"})[1])
        watched = Watched()
        poller = EventPoller(
            aws.client, mapping["UUID"], as_role=lambda service: aws.client(service, **session), observer=watched
        )
        with pytest.raises(LocalAwsError, match="not authorized to perform: dynamodb:DescribeStream"):
            poller.run(lambda: poller.finished >= 1, within=20)
        assert watched.invocations == []
        assert client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled"
