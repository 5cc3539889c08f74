"""ARNs by their parts."""

import pytest

from generator.arn import Arn

STREAM = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000"


def test_parts_of_an_arn() -> None:
    assert Arn.parse(STREAM) == Arn(
        partition="aws-us-gov",
        service="dynamodb",
        region="us-gov-west-1",
        account="111122223333",
        resource="table/orders/stream/2026-01-01T00:00:00.000",
    )


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (STREAM, "orders"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "orders"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:orders", "orders"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:orders:live", "orders"),
        ("arn:aws:sqs:eu-west-1:111122223333:orders-dlq", "orders-dlq"),
        ("arn:aws:s3:::orders-failures", "orders-failures"),
    ],
)
def test_name_is_that_of_the_resource_and_the_text_is_the_same_again(arn: str, name: str) -> None:
    assert Arn.parse(arn).name == name
    assert str(Arn.parse(arn)) == arn


@pytest.mark.parametrize(
    "text",
    ["", "orders", "arn", "arn:aws:sqs:a:1", "arn:aws:sqs:a:1:", "arn::sqs:a:1:x", "urn:aws:sqs:a:1:x"],
)
def test_text_that_is_not_an_arn_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f'"{text}" is not an ARN'):
        Arn.parse(text)
