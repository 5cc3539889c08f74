"""Stores details that are too large for an entry in a bucket (the claim check pattern)."""

from typing import Any

from publisher.entries import Entry
from publisher.settings import Settings


class ClaimError(Exception):
    """The bucket did not accept a detail. The text contains no item data."""


class Claims:
    """Writes objects to the bucket of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None

    def store(self, entry: Entry, seconds: float) -> None:
        """Store the detail of an entry, within a number of seconds.

        Raises:
            ClaimError: The bucket did not accept it.

        """
        # Imported when it is first needed: most functions never have an entry that is too large.
        import boto3  # noqa: PLC0415 - see above
        from botocore.config import Config  # noqa: PLC0415 - see above
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

        if self._client is None:
            limits = Config(connect_timeout=min(3, seconds), read_timeout=seconds, retries={"total_max_attempts": 1})
            self._client = boto3.client("s3", region_name=self._settings.region, config=limits)
        try:
            self._client.put_object(
                Bucket=self._settings.claim_check_bucket,
                Key=entry.key,
                Body=entry.detail.encode(),
                ContentType="application/json",
            )
        except ClientError as error:
            raise ClaimError(f"S3 rejected the object: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise ClaimError(f"S3 does not answer: {type(error).__name__}") from None
