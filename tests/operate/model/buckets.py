"""S3: buckets with objects, listed in pages; an object may vanish between being listed and being read.

Source: the S3 API reference (ListObjectsV2, GetObject, DeleteObject).
"""

import io
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.operate.model.clock import Clock
from tests.operate.model.names import Answer, Given, ServiceError


class Removal(NamedTuple):
    """An object that somebody deleted: by whom and when."""

    tick: int
    caller: str
    key: str


@dataclass
class Bucket:
    """A bucket; ``per_page`` is how many keys a listing gives at once."""

    name: str
    objects: dict[str, bytes] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    per_page: int = 1000


class S3:
    """The API of S3."""

    def __init__(self, clock: Clock) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._clock = clock

    def add(self, name: str) -> Bucket:
        """Create a bucket."""
        self.buckets[name] = Bucket(name)
        return self.buckets[name]

    def _bucket(self, given: Given) -> Bucket:
        found = self.buckets.get(given["Bucket"])
        if found is None:
            raise ServiceError("NoSuchBucket", "The specified bucket does not exist", 404)
        return found

    def list_objects_v2(self, given: Given, _caller: str) -> Answer:
        bucket = self._bucket(given)
        after = given.get("ContinuationToken", given.get("StartAfter", ""))
        keys = [key for key in sorted(bucket.objects) if key.startswith(given.get("Prefix", "")) and key > after]
        page = keys[: min(given.get("MaxKeys", 1000), bucket.per_page)]
        answer: Answer = {"KeyCount": len(page), "IsTruncated": len(page) < len(keys)}
        if page:
            answer["Contents"] = [{"Key": key, "Size": len(bucket.objects[key])} for key in page]
        if answer["IsTruncated"]:
            answer["NextContinuationToken"] = page[-1]
        return answer

    def get_object(self, given: Given, _caller: str) -> Answer:
        content = self._bucket(given).objects.get(given["Key"])
        if content is None:
            raise ServiceError("NoSuchKey", "The specified key does not exist.", 404)
        return {"Body": io.BytesIO(content), "ContentLength": len(content)}

    def put_object(self, given: Given, _caller: str) -> Answer:
        self._bucket(given).objects[given["Key"]] = bytes(given["Body"])
        return {}

    def delete_object(self, given: Given, caller: str) -> Answer:
        # An object that does not exist is deleted all the same (AWS, DeleteObject).
        bucket = self._bucket(given)
        bucket.objects.pop(given["Key"], None)
        bucket.removals.append(Removal(self._clock.tick, caller, given["Key"]))
        return {}
