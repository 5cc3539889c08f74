"""The result of a run, as text and as JSON to attach to an issue. It contains no account and no ARN."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from generator import __version__
from generator.console import count, duration
from generator.mapping.records import StreamRecord
from generator.mapping.settings import Settings
from generator.prove.observation import Observation
from generator.prove.prediction import Comparison, outcome

AS_PREDICTED: Final = "as predicted"
DIFFERENT: Final = "different"
INCOMPLETE: Final = "incomplete"

_SETTINGS: Final = (
    "batch_size",
    "maximum_batching_window_in_seconds",
    "bisect_batch_on_function_error",
    "maximum_record_age_in_seconds",
    "maximum_retry_attempts",
    "parallelization_factor",
    "report_batch_item_failures",
)
_MEASURED_ATTEMPTS: Final = 8
"""Attempts up to which the doubling of the pauses was measured before (see ``generator/mapping/settings.py``)."""


@dataclass
class Report:
    """What a run found. ``redriven`` is the number of records that the replay processed, None if there was none."""

    started: str
    region: str
    service: str
    settings: Settings
    observation: Observation
    comparison: Comparison
    failing: set[str]
    redriven: int | None = None
    redrive_problem: str = ""
    left: Sequence[str] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        """What was not as predicted, each as a sentence."""
        redrive = [f"The replay did not process the discarded records: {self.redrive_problem}"]
        return [*self.comparison.differences, *(redrive if self.redrive_problem else [])]

    @property
    def result(self) -> str:
        """The result in one word or two."""
        if not self.observation.finished:
            return INCOMPLETE
        return DIFFERENT if self.differences else AS_PREDICTED

    @property
    def longest_pause(self) -> float:
        """The longest observed pause, in seconds; 0 without one."""
        return max((pause.observed for pause in self.comparison.pauses), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """Return everything as a JSON object."""
        return {
            "result": self.result,
            "program": __version__,
            "service": self.service,
            "region": self.region,
            "started": self.started,
            "settings": {name: getattr(self.settings, name) for name in _SETTINGS},
            "records": [self._record(shard, record) for shard, record in self._records()],
            "attempts": [each._asdict() | {"processed": each.processed} for each in self.observation.attempts],
            "pauses": [asdict(pause) | {"as_predicted": pause.as_predicted} for pause in self.comparison.pauses],
            "invocation_records": [_invocation_record(each) for each in self.observation.invocation_records],
            "redriven": self.redriven,
            "differences": self.differences,
            "left": list(self.left),
        }

    def _records(self) -> list[tuple[str, StreamRecord]]:
        return [(shard, record) for shard, records in self.observation.shards.items() for record in records]

    def _record(self, shard: str, record: StreamRecord) -> dict[str, Any]:
        number = str(record.sequence)
        attempts = sum(number in each.records for each in self.observation.attempts)
        return {
            "sequence_number": number,
            "key": record.key,
            "shard": shard,
            "fails": number in self.failing,
            "attempts": attempts,
            "predicted": self.comparison.predicted.get(number, "unfinished"),
            "observed": outcome(self.observation, number),
        }

    def print(self, console: Console) -> None:
        """Print the report for a reader."""
        console.print(self._as_text())

    def _as_text(self) -> RenderableType:
        records = Table("Item", "Shard", "Sent", "Predicted", "Observed", title="Records", title_justify="left")
        for shard, record in self._records():
            row = self._record(shard, record)
            cells = [record.key, shard[-8:], count(row["attempts"], "time"), row["predicted"], row["observed"]]
            records.add_row(*(escape(cell) for cell in cells))
        pauses = Table("Attempt", "Predicted", "Observed", "", title="Pauses before retries", title_justify="left")
        for pause in self.comparison.pauses:
            mark = "" if pause.as_predicted else "differs"
            pauses.add_row(str(pause.attempt), duration(pause.predicted), duration(pause.observed), mark)
        parts: list[RenderableType] = [records]
        if self.comparison.pauses:
            last = max(pause.attempt for pause in self.comparison.pauses)
            parts += [pauses, *([_LONGER] if last <= _MEASURED_ATTEMPTS else [])]
        parts += [f"Differs: {escape(text)}" for text in self.differences]
        if self.redriven is not None:
            parts.append(f"The replay processed {count(self.redriven, 'record')} and emptied the queue.")
        return Group(*parts, f"Result: {self.result}.")


_LONGER: Final = (
    f"Whether the pauses double beyond attempt {_MEASURED_ATTEMPTS} is not known. --observe 30m measures longer ones."
)


def _invocation_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return an invocation record without its ARNs, which name the account."""
    context, batch = record["requestContext"], record["DDBStreamBatchInfo"]
    return {
        **{name: context[name] for name in ("condition", "approximateInvokeCount")},
        **{name: value for name, value in batch.items() if name != "streamArn"},
    }
