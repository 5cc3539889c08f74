"""Values of AWS as examples and tests use them: ARNs of one account in one Region, and arguments that go together."""

ACCOUNT = "123456789012"
REGION = "eu-west-1"

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
KEY_ALIAS_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/orders"
STREAM_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/existing/stream/2026-01-02T03:04:05.678"
BACKUP_ARN = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:11111111-2222-3333-4444-555555555555"
KINESIS_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:existing"
LAYER_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:common:3"
CODE_SIGNING_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
ACCESS_POINT_ARN = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0"
LOG_GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/shared/orders"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:existing"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/existing-role"
OTHER_ACCOUNT = "210987654321"
OTHER_STREAM_ARN = f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/orders/stream/2026-01-02T03:04:05.678"
OTHER_ROLE_ARN = f"arn:aws:iam::{OTHER_ACCOUNT}:role/search"
MANAGED_POLICY_ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
IMAGE_URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders:1"
PATTERN = '{"eventName": ["INSERT"]}'

SUBNETS = {"subnet_ids": ["subnet-0a", "subnet-0b"], "security_group_ids": ["sg-0a"]}
PROVISIONED = {"table_billing_mode": "PROVISIONED", "table_read_capacity": 5, "table_write_capacity": 5}

# Arguments for a case that has another kind of package than the file that every other case has
WITHOUT_FILENAME = {"function_filename": None}
WITHOUT_CODE = {**WITHOUT_FILENAME, "function_handler": None, "function_runtime": None}
ZIP_RUNTIME = {"function_handler": "handler.handler", "function_runtime": "python3.13"}
IMAGE = {**WITHOUT_CODE, "function_image_uri": IMAGE_URI}


def in_other_region(arn: str) -> str:
    """Return an ARN moved to another Region than the examples'."""
    return arn.replace(REGION, "us-east-2")
