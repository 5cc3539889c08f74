"""What the function's role may do: the statements of its policy, each said once.

``role.tf``, the README's table and what the module's own tests expect are written from :data:`STATEMENTS`.
"""

from generator.spec.model import Statement, When

_TRACED = 'var.existing_function == null && var.function_tracing_mode != "Disabled"'
_TO_QUEUE, _TO_TOPIC, _TO_BUCKET = (
    When(f"the on-failure destination is a {kind}", f'local.on_failure_type == "{name}"')
    for name, kind in (("sqs", "queue"), ("sns", "topic"), ("s3", "bucket"))
)
_ASYNC_TO_QUEUE, _ASYNC_TO_TOPIC = (
    When(
        f"the target of failed asynchronous invocations is a {kind}",
        f'one(var.function_async_dead_letter_target[*].type) == "{name}"',
    )
    for name, kind in (("sqs", "queue"), ("sns", "topic"))
)
_IN_VPC = When("the function is in a VPC", "var.function_vpc != null")
_IN_REGION = {"aws:RequestedRegion": "local.region"}

STATEMENTS = (
    Statement(
        sid="ReadStream",
        actions=("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        resource="local.stream_arn",
        scope="the stream",
    ),
    Statement(
        sid="ListStreams",
        actions=("dynamodb:ListStreams",),
        resource='"*"',
        scope="`*`",
        comment="ListStreams has no resource-level permissions",
    ),
    Statement(
        sid="DecryptStream",
        actions=("kms:Decrypt",),
        resource="local.table_kms_key_arn",
        scope="the key, through DynamoDB",
        condition={"kms:ViaService": '"dynamodb.${local.region}.${local.dns_suffix}"'},
        when=When("the table has a customer managed key", "local.table_kms_key_arn != null"),
    ),
    Statement(
        sid="DecryptFilterPatterns",
        actions=("kms:Decrypt",),
        resource="var.event_source_filter_kms_key_arn",
        scope="the key, through Lambda",
        condition={"kms:ViaService": '"lambda.${local.region}.${local.dns_suffix}"'},
        when=When("the filter patterns have a customer managed key", "var.event_source_filter_kms_key_arn != null"),
    ),
    Statement(
        sid="SendFailuresToQueue",
        actions=("sqs:SendMessage",),
        resource="local.on_failure_arn",
        scope="the queue",
        when=_TO_QUEUE,
    ),
    Statement(
        sid="PublishFailuresToTopic",
        actions=("sns:Publish",),
        resource="local.on_failure_arn",
        scope="the topic",
        when=_TO_TOPIC,
    ),
    Statement(
        sid="PutFailuresIntoBucket",
        actions=("s3:PutObject",),
        resource='"${local.on_failure_arn}/*"',
        scope="the objects of the bucket",
        when=_TO_BUCKET,
    ),
    Statement(
        sid="ListBucketOfFailures",
        actions=("s3:ListBucket",),
        resource="local.on_failure_arn",
        scope="the bucket",
        when=_TO_BUCKET,
    ),
    Statement(
        sid="EncryptFailures",
        actions=("kms:GenerateDataKey", "kms:Decrypt"),
        resource="local.on_failure_kms_key_arn",
        scope="the key",
        when=When("the on-failure destination has a customer managed key", "local.on_failure_kms_key_arn != null"),
    ),
    Statement(
        sid="WriteLog",
        actions=("logs:CreateLogStream", "logs:PutLogEvents"),
        resource='"${local.log_group_arn}:*"',
        scope="the log group of the function",
        when=When("the module creates the function", "var.existing_function == null"),
    ),
    Statement(
        sid="WriteTraces",
        actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        resource='"*"',
        scope="`*`",
        comment="X-Ray has no resource-level permissions for these actions",
        when=When("the module creates the function, and tracing is not `Disabled`", _TRACED),
    ),
    Statement(
        sid="AttachToVpc",
        actions=("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
        resource='"*"',
        scope="`*`, in the Region",
        condition=_IN_REGION,
        comment="Lambda checks these actions on all resources when it attaches a function to a VPC",
        when=_IN_VPC,
    ),
    Statement(
        sid="DetachFromVpc",
        actions=("ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
        resource='"arn:${local.partition}:ec2:${local.region}:*:*/*"',
        scope="the EC2 resources of the Region",
        condition=_IN_REGION,
        when=_IN_VPC,
    ),
    Statement(
        sid="MountFileSystem",
        actions=("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
        resource='"arn:${local.partition}:elasticfilesystem:${local.region}:*:file-system/*"',
        scope="the file system, through the access point",
        condition={"elasticfilesystem:AccessPointArn": "var.function_file_system.access_point_arn"},
        when=When("the function mounts a file system", "var.function_file_system != null"),
    ),
    Statement(
        sid="SendAsyncFailuresToQueue",
        actions=("sqs:SendMessage",),
        resource="var.function_async_dead_letter_target.arn",
        scope="the queue",
        when=_ASYNC_TO_QUEUE,
    ),
    Statement(
        sid="PublishAsyncFailuresToTopic",
        actions=("sns:Publish",),
        resource="var.function_async_dead_letter_target.arn",
        scope="the topic",
        when=_ASYNC_TO_TOPIC,
    ),
    Statement(
        sid="RunDurably",
        actions=("lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"),
        resource='"arn:${local.partition}:lambda:${local.region}:*:function:${local.function_name}:*"',
        scope="the versions of the function",
        when=When("the function is durable", "var.function_durable_config != null"),
        since_provider="6.25",
    ),
)
