"""Amazon Resource Names (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""

import re
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Arn:
    """An ARN by its parts. ``region`` and ``account`` are empty for resources that have none, such as buckets."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the ARN that a text is.

        Raises:
            ValueError: The text is not an ARN.
        """
        prefix, *parts = text.split(":", 5)
        names = ("partition", "service", "region", "account", "resource")
        if prefix != "arn" or len(parts) != len(names) or not (parts[0] and parts[1] and parts[-1]):
            raise ValueError(f'"{text}" is not an ARN')
        return cls(**dict(zip(names, parts, strict=True)))

    @property
    def name(self) -> str:
        """Name of the resource, without its type and what follows.

        ``orders`` of the table or stream ``table/orders/stream/2026-01-01``, of the function ``function:orders:live``,
        and of the queue, topic or bucket ``orders``.
        """
        parts = re.split("[:/]", self.resource)
        return parts[1] if len(parts) > 1 else parts[0]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
