"""A table's items as they are now, beside what a record says of them."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from generator.arn import Arn
from generator.aws import refusing
from generator.mapping.records import as_event

Image = Mapping[str, Any]

MOST_KEYS: Final = 100
"""Items that a call reads at most (AWS, BatchGetItem)."""

GONE: Final = "gone"
"""The state of an item that does not exist."""


def state_after(event: Mapping[str, Any]) -> str | None:
    """Return what a record says that its item became, comparable with :func:`state`; None where it does not say.

    A stream of keys or of old images alone says it of removals only.
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
    """Return a value with its sets in order: DynamoDB promises none."""
    if isinstance(value, dict):
        return {
            name: sorted(inner) if name in {"SS", "NS", "BS"} and isinstance(inner, list) else _ordered(inner)
            for name, inner in value.items()
        }
    return [_ordered(each) for each in value] if isinstance(value, list) else value


class Items:
    """The items of the table whose stream has an ARN.

    Takes a client of DynamoDB.
    """

    def __init__(self, client: Any, stream_arn: str) -> None:  # noqa: ANN401 - boto3 makes its clients' types
        self.table = Arn.parse(stream_arn).name
        self._client = client

    def now(self, keys: Iterable[str]) -> dict[str, Image | None]:
        """Return the images of items, read consistently, in the shape of an event; None for an item that is gone.

        Takes keys as :func:`~generator.mapping.records.from_event` gives them, and returns the images by them.

        Raises:
            AwsError: the table cannot be read.
        """
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Image | None] = dict.fromkeys(wanted)
        for start in range(0, len(wanted), MOST_KEYS):
            part = wanted[start : start + MOST_KEYS]
            names = list(json.loads(part[0]))
            # A key is compared as DynamoDB writes it: {"N": "1.0"} is stored as {"N": "1"}, and a stream says so too.
            for item in self._read([with_bytes(json.loads(key)) for key in part]):
                image = as_event({"item": item}, "")["item"]
                found[json.dumps({name: image[name] for name in names}, sort_keys=True)] = image
        return found

    def _read(self, keys: list[Any]) -> Iterable[dict[str, Any]]:
        what = (
            f"The items of {self.table} cannot be read, so nobody knows whether a record was overtaken "
            "(--even-if-overtaken does without)"
        )
        request: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
        while request:
            with refusing(what):
                answer = self._client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self.table, [])
            request = answer.get("UnprocessedKeys")


def with_bytes(value: Any) -> Any:  # noqa: ANN401 - whatever a key holds
    """Return a key as boto3 takes it: binary values are base64 in an event."""
    return {
        name: {kind: base64.b64decode(content) if kind == "B" else content for kind, content in typed.items()}
        for name, typed in value.items()
    }
