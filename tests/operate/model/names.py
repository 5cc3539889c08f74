"""Names in the model's account, and the errors of its services."""

from collections.abc import Mapping
from typing import Any, Final

REGION: Final = "eu-west-1"
ACCOUNT: Final = "123456789012"

Given = Mapping[str, Any]
"""The parameters of an operation, as boto3 takes them."""

Answer = dict[str, Any]
"""What an operation returns, as boto3 gives it."""


class ServiceError(Exception):
    """An error with which AWS answers: its code, its text, and the status of the response."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.status = status


def arn(service: str, resource: str) -> str:
    """Return the ARN of something in the account."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
