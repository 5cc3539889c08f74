"""Are the limits of the code those of the API?"""

import re

import botocore.session
import pytest

from generator import limits

LAMBDA = botocore.session.get_session().get_service_model("lambda")


@pytest.mark.parametrize(
    ("limit", "shape"),
    [(limits.MAX_BATCH_SIZE, "BatchSize"), (limits.MAX_PATTERN_LENGTH, "Pattern")],
)
def test_limit_is_that_of_the_api(limit: int, shape: str) -> None:
    assert LAMBDA.shape_for(shape).metadata["max"] == limit


def test_timeout_of_a_function_is_that_of_the_text_of_the_api() -> None:
    """The maximum of the shape is that of a function with a capacity provider."""
    text = LAMBDA.operation_model("CreateFunction").input_shape.members["Timeout"].documentation
    assert f"the maximum allowed value is {limits.MAX_FUNCTION_SECONDS:,} seconds" in text


def test_read_is_that_of_the_text_of_the_api() -> None:
    streams = botocore.session.get_session().get_service_model("dynamodbstreams")
    text = streams.operation_model("GetRecords").documentation
    size = limits.READ_BYTES // 1024**2
    assert re.search(rf"maximum of {size} MB of data or {limits.READ_RECORDS} stream records", text)
