"""The services of one account in one region, as AWS answers for them, and a log of every call.

A call is an operation of an API with its parameters as boto3 takes them, and is answered as boto3 gives it: so the
model serves boto3's clients in this process and real processes over HTTP alike.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

from tests.operate.model.buckets import S3
from tests.operate.model.clock import Clock
from tests.operate.model.functions import Lambda
from tests.operate.model.names import ServiceError
from tests.operate.model.queues import Sqs
from tests.operate.model.tables import DynamoDb, Streams

SERVICES: Final = ("sqs", "dynamodb", "dynamodbstreams", "lambda", "s3")


@dataclass(frozen=True)
class Call:
    """A call that has been made: when, by whom, what, and the code of the error that was the answer, if it was one."""

    tick: int
    at: float
    caller: str
    service: str
    operation: str
    given: Mapping[str, Any]
    error: str | None


class Account:
    """All services, by boto3's names; ``calls`` is what has been asked of them."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.sqs = Sqs(self.clock)
        self.dynamodb = DynamoDb(self.clock)
        self.dynamodbstreams = Streams(self.dynamodb)
        self.s3 = S3(self.clock)
        self.lambda_ = Lambda(self.clock)
        self.calls: list[Call] = []
        self.lock = threading.RLock()
        """To be held by whoever changes something while real processes call."""
        self._services = dict(
            zip(SERVICES, (self.sqs, self.dynamodb, self.dynamodbstreams, self.lambda_, self.s3), strict=True)
        )

    def call(self, service: str, operation: str, given: Mapping[str, Any], caller: str) -> dict[str, Any]:
        """Do what an operation does, and return its answer.

        Raises:
            ServiceError: AWS would answer with an error.
            NotImplementedError: The model lacks the operation.
        """
        handler = getattr(self._services[service], xform_name(operation), None)
        if handler is None:
            raise NotImplementedError(f"the model has no {operation} of {service}")
        with self.lock:
            tick = self.clock.next_tick()
            code: str | None = None
            try:
                answer: dict[str, Any] = handler(given, caller)
            except ServiceError as error:
                code = error.code
                raise
            finally:
                self.calls.append(Call(tick, self.clock.now, caller, service, operation, dict(given), code))
            return answer
