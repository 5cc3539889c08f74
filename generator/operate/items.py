"""The current items of a table, and how they compare with the images in stream records."""

import base64
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from generator.aws import Client, Pause, aws_errors, sleep, with_backoff
from generator.errors import AwsError
from generator.mapping.records import as_event

Image = Mapping[str, Any]

MAX_KEYS: Final = 100
"""Maximum number of items in a call (AWS, BatchGetItem)."""

_UNPROCESSED: Final = "UnprocessedKeys"

_THROTTLED: Final = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    _UNPROCESSED,
}

GONE: Final = "gone"
"""The state of an item that does not exist."""


def state_after(event: Mapping[str, Any]) -> str | None:
    """Return the state of the item after the change in a record, as :func:`state` does. None if it is unknown.

    It is unknown except for removals if the stream's view type has no new images.
    """
    if event["eventName"] == "REMOVE":
        return GONE
    image = event["dynamodb"].get("NewImage")
    return None if image is None else state(image)


def state(image: Image | None) -> str:
    """Return a digest of an item's image in the shape of an event, or :data:`GONE`."""
    if image is None:
        return GONE
    text = json.dumps(_ordered(dict(image)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _ordered(value: Any) -> Any:  # noqa: ANN401 - whatever an item holds
    """Return a value with sorted sets: DynamoDB does not keep their order."""
    if isinstance(value, dict):
        return {
            name: sorted(inner, key=str) if name in {"SS", "NS", "BS"} and isinstance(inner, list) else _ordered(inner)
            for name, inner in value.items()
        }
    return [_ordered(each) for each in value] if isinstance(value, list) else value


class Items:
    """The items of the table that a stream belongs to. Takes a function that returns clients."""

    def __init__(self, client: Client, stream_arn: str, *, pause: Pause = sleep) -> None:
        # A name would be that of a table of the caller's account.
        self.table = stream_arn.partition("/stream/")[0]
        self._client = client
        self._pause = pause

    def read(self, keys: Iterable[str]) -> dict[str, Image | None]:
        """Return the images of items by their keys, in the shape of an event. None for an item that does not exist.

        Takes keys as in :class:`~generator.mapping.records.StreamRecord`. Leaves out keys that cannot be one of this
        table. Reads are strongly consistent.

        Raises:
            AwsError: The table cannot be read.
        """
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Image | None] = {}
        for start in range(0, len(wanted), MAX_KEYS):
            found |= self._read(wanted[start : start + MAX_KEYS])
        return found

    def _read(self, keys: Sequence[str]) -> dict[str, Image | None]:
        found: dict[str, Image | None] = dict.fromkeys(keys)
        names = list(json.loads(keys[0]))
        try:
            images = [as_event({"item": item}, "")["item"] for item in self._get(keys)]
        except AwsError as error:
            if error.code != "ValidationException":
                raise
            if len(keys) == 1:
                return {}
            images = None
        if images is not None and len(keys) == 1:
            return {keys[0]: images[0] if images else None}
        if images is not None:
            by_key = {json.dumps({name: image.get(name) for name in names}, sort_keys=True): image for image in images}
            if by_key.keys() <= found.keys():
                return found | by_key
        # A key is none of this table, or two are the same: DynamoDB stores the number 1.0 as 1, and streams hold 1.
        middle = len(keys) // 2
        return self._read(keys[:middle]) | self._read(keys[middle:])

    def _get(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        request: Any = {self.table: {"Keys": [with_bytes(json.loads(key)) for key in keys], "ConsistentRead": True}}

        def get() -> Any:  # noqa: ANN401 - as boto3 returns it
            answer = self._client("dynamodb").batch_get_item(RequestItems=request)
            left = answer.get("UnprocessedKeys") or {}
            # Responses do not show it: they do not contain items that do not exist.
            if left and len(left[self.table]["Keys"]) == len(request[self.table]["Keys"]):
                raise _UnprocessedError
            return answer

        cannot = (
            f"The items of {self.table} cannot be read, and without them superseded records cannot be recognized "
            "(--include-superseded sends them all)"
        )
        while request:
            with aws_errors(cannot):
                exhausted = f"{cannot}: the table is throttled. Try again later."
                answer = with_backoff(get, _THROTTLED, exhausted, pause=self._pause)
            yield from answer["Responses"].get(self.table, [])
            request = answer.get("UnprocessedKeys")
            if request:
                self._pause(random.uniform(0.25, 0.5), _UNPROCESSED)  # noqa: S311 - nothing depends on its secrecy


class _UnprocessedError(Exception):
    """DynamoDB processed none of the keys."""

    response: Final = {"Error": {"Code": _UNPROCESSED}}


def with_bytes(value: Any) -> Any:  # noqa: ANN401 - whatever a key holds
    """Return a key of an event in the shape of the API: binary values are base64 only in an event."""
    return {
        name: {kind: base64.b64decode(content) if kind == "B" else content for kind, content in typed.items()}
        for name, typed in value.items()
    }
