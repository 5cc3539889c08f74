"""The current items of a table, and how they compare with the images in stream records."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from generator.arn import Arn
from generator.aws import aws_errors
from generator.mapping.records import as_event

Image = Mapping[str, Any]

MAX_KEYS: Final = 100
"""Maximum number of items in a call (AWS, BatchGetItem)."""

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
            name: sorted(inner) if name in {"SS", "NS", "BS"} and isinstance(inner, list) else _ordered(inner)
            for name, inner in value.items()
        }
    return [_ordered(each) for each in value] if isinstance(value, list) else value


class Items:
    """The items of the table that a stream belongs to. Takes a client of DynamoDB."""

    def __init__(self, client: Any, stream_arn: str) -> None:  # noqa: ANN401 - boto3 makes its clients' types
        self.table = Arn.parse(stream_arn).name
        self._client = client

    def read(self, keys: Iterable[str]) -> dict[str, Image | None]:
        """Return the images of items by their keys, in the shape of an event. None for an item that does not exist.

        Takes keys as in :class:`~generator.mapping.records.StreamRecord`. Reads are strongly consistent.

        Raises:
            AwsError: The table cannot be read.
        """
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Image | None] = dict.fromkeys(wanted)
        for start in range(0, len(wanted), MAX_KEYS):
            part = wanted[start : start + MAX_KEYS]
            names = list(json.loads(part[0]))
            # DynamoDB normalizes numbers: it stores {"N": "1.0"} as {"N": "1"}, and stream records hold the latter too.
            for item in self._get([with_bytes(json.loads(key)) for key in part]):
                image = as_event({"item": item}, "")["item"]
                found[json.dumps({name: image[name] for name in names}, sort_keys=True)] = image
        return found

    def _get(self, keys: list[Any]) -> Iterable[dict[str, Any]]:
        what = (
            f"The items of {self.table} cannot be read, and without them superseded records cannot be "
            "recognized (--include-superseded sends them all)"
        )
        request: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
        while request:
            with aws_errors(what):
                answer = self._client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self.table, [])
            request = answer.get("UnprocessedKeys")


def with_bytes(value: Any) -> Any:  # noqa: ANN401 - whatever a key holds
    """Return a key of an event in the shape of the API: binary values are base64 only in an event."""
    return {
        name: {kind: base64.b64decode(content) if kind == "B" else content for kind, content in typed.items()}
        for name, typed in value.items()
    }
