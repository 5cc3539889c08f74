"""Answers of AWS, in which something that does not exist is empty."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from generator.aws import Client, aws_errors
from generator.errors import AwsError

_MISSING = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "Nonexistent")


class Answers:
    """Calls operations of AWS. Takes a function that returns clients."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, service: str, operation: str, key: str = "", /, **arguments: Any) -> Any:  # noqa: ANN401
        """Return the answer of an operation, or what it has under a key. An empty object if nothing is found.

        Raises:
            AwsError: AWS rejected the request for another reason.
        """
        answer = self.known(service, operation, **arguments)
        return (answer.get(key) or {}) if key else answer

    def known(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the answer of an operation without its metadata. An empty object if nothing is found."""
        try:
            return self.required(service, operation, **arguments)
        except AwsError as error:
            if any(part in error.code for part in _MISSING):
                return {}
            raise

    def required(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the answer of an operation without its metadata.

        Raises:
            AwsError: AWS rejected the request, also because something does not exist, or answered only a part of it.
        """
        call: Callable[..., Mapping[str, Any]] = getattr(self.client(service), operation)
        about = ", ".join(str(value) for value in arguments.values() if isinstance(value, str))
        with aws_errors(f"{service} {operation.replace('_', '-')} {about}".strip()):
            answer = call(**arguments)
        for part, error in _unread(answer):
            what = f"{service} {operation.replace('_', '-')} {about}: {part} cannot be read"
            message = " ".join(str(error.get("Message", "")).split()).rstrip(".")
            raise AwsError(f"{what}: {error['ErrorCode']}: {message}. The credentials need the permission for it.")
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def pages(self, service: str, operation: str, key: str, /, **arguments: Any) -> Iterator[Any]:  # noqa: ANN401
        """Yield what all pages of an operation have under a key.

        Raises:
            AwsError: AWS rejected a request.
        """
        with aws_errors(f"{service} {operation.replace('_', '-')}"):
            for page in self.client(service).get_paginator(operation).paginate(**arguments):
                yield from page.get(key) or ()


def _unread(answer: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the parts of an answer that are missing because of an error, with the error.

    Lambda answers without the environment variables, for example, if the caller cannot use their key (API of Lambda,
    "EnvironmentError"). Such a part must not count as empty: Terraform would remove it.
    """
    for name, value in answer.items():
        if not isinstance(value, Mapping):
            continue
        if name.endswith("Error") and "ErrorCode" in value:
            yield f"{path}{name.removesuffix('Error')}".rstrip("."), value
        else:
            yield from _unread(value, f"{path}{name}.")


def by_key(tags: Any) -> dict[str, str]:  # noqa: ANN401 - a list or a map
    """Return tags as a map, without those of AWS itself, which nobody else can set."""
    pairs = tags.items() if isinstance(tags, Mapping) else [_pair(tag) for tag in tags or ()]
    return {str(key): str(value) for key, value in pairs if not str(key).startswith("aws:")}


def _pair(tag: Mapping[str, str]) -> tuple[str, str]:
    """Return the key and the value of a tag, whose names services write differently."""
    lower = {name.lower(): value for name, value in tag.items()}
    return lower["key"], lower["value"]
