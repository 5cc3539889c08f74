locals {
  state_machine = "orders-backfill"

  # Both maps list objects, run a Lambda function for each in an execution of its own, and write what came of it
  reader = "arn:${local.partition}:states:::s3:listObjectsV2"
  invoke = "arn:${local.partition}:states:::lambda:invoke"
  writer = "arn:${local.partition}:states:::s3:putObject"
  retry = [
    {
      ErrorEquals     = ["States.ALL"]
      IntervalSeconds = 5
      MaxAttempts     = var.retries
      BackoffRate     = 3
      JitterStrategy  = "FULL"
    }
  ]

  # Of Lambda itself: an error of the function is final
  retry_of_lambda = [
    {
      ErrorEquals     = ["Lambda.ServiceException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"]
      IntervalSeconds = 2
      MaxAttempts     = 6
      BackoffRate     = 2
    }
  ]

  definition = {
    StartAt = "Check the function"
    States = {
      # Without records, a function can check its target, and fail before anything is exported: the indexer checks its index
      "Check the function" = {
        Type     = "Task"
        Resource = local.invoke
        Parameters = {
          FunctionName = module.ddb_stream_lambda.function_target_arn
          Payload      = { Records = [], eventSourceARN = module.ddb_stream_lambda.table_stream_arn }
        }
        ResultPath = null
        Retry      = local.retry_of_lambda
        Next       = "Which export?"
      }
      # A second execution may use the export of the first: its time is what counts for the stream
      "Which export?" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.ExportArn", IsPresent = true, Next = "Look" }]
        Default = "Export"
      }
      Export = {
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::aws-sdk:dynamodb:exportTableToPointInTime"
        Parameters = {
          TableArn     = module.ddb_stream_lambda.table_arn
          S3Bucket     = aws_s3_bucket.backfill.bucket
          ExportFormat = "DYNAMODB_JSON"
          # A repeated request does not start a second export
          "ClientToken.$" = "$$.Execution.Name"
        }
        ResultSelector = { "ExportArn.$" = "$.ExportDescription.ExportArn" }
        Retry          = local.retry
        Next           = "Look"
      }
      Look = {
        Type       = "Task"
        Resource   = "arn:${local.partition}:states:::aws-sdk:dynamodb:describeExport"
        Parameters = { "ExportArn.$" = "$.ExportArn" }
        ResultSelector = {
          "ExportArn.$" = "$.ExportDescription.ExportArn"
          "Status.$"    = "$.ExportDescription.ExportStatus"
          # arn:…:table/orders/export/01234567890123-a1b2c3d4
          "Export.$" = "States.ArrayGetItem(States.StringSplit($.ExportDescription.ExportArn, '/'), 3)"
        }
        Retry = local.retry
        Next  = "Exported?"
      }
      "Exported?" = {
        Type = "Choice"
        Choices = [
          { Variable = "$.Status", StringEquals = "COMPLETED", Next = "Unpack" },
          { Variable = "$.Status", StringEquals = "IN_PROGRESS", Next = "Wait" },
        ]
        Default = "Export failed"
      }
      Wait            = { Type = "Wait", Seconds = 60, Next = "Look" }
      "Export failed" = { Type = "Fail", Error = "ExportFailed", CausePath = "$.ExportArn" }

      # Tolerates no failure: a file that is not unpacked would be items that nobody misses
      Unpack = {
        Type           = "Map"
        Label          = "unpack"
        MaxConcurrency = 40
        ItemReader = {
          Resource = local.reader
          Parameters = {
            Bucket     = aws_s3_bucket.backfill.bucket
            "Prefix.$" = "States.Format('AWSDynamoDB/{}/data/', $.Export)"
          }
        }
        ItemSelector = { "key.$" = "$$.Map.Item.Value.Key", begin = 0 }
        ItemProcessor = {
          ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
          StartAt         = "Unpack a file"
          States = {
            "Unpack a file" = {
              Type       = "Task"
              Resource   = local.invoke
              Parameters = { FunctionName = aws_lambda_function.function["unpack"].arn, "Payload.$" = "$" }
              OutputPath = "$.Payload"
              Retry      = local.retry
              Next       = "All of it?"
            }
            # A file that takes longer than a function may run is unpacked by several invocations
            "All of it?" = {
              Type    = "Choice"
              Choices = [{ Variable = "$.done", BooleanEquals = false, Next = "Unpack a file" }]
              Default = "Unpacked"
            }
            Unpacked = { Type = "Succeed" }
          }
        }
        ResultWriter = {
          Resource   = local.writer
          Parameters = { Bucket = aws_s3_bucket.backfill.bucket, Prefix = "report" }
        }
        ResultPath = "$.Unpacked"
        Next       = "Send"
      }

      Send = {
        Type                       = "Map"
        Label                      = "send"
        MaxConcurrency             = var.concurrency
        ToleratedFailurePercentage = var.tolerated_failure_percentage
        ItemReader = {
          Resource = local.reader
          Parameters = {
            Bucket     = aws_s3_bucket.backfill.bucket
            "Prefix.$" = "States.Format('parts/{}/', $.Export)"
          }
        }
        ItemSelector = { "key.$" = "$$.Map.Item.Value.Key" }
        ItemProcessor = {
          ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
          StartAt         = "Send a part"
          States = {
            "Send a part" = {
              Type       = "Task"
              Resource   = local.invoke
              Parameters = { FunctionName = aws_lambda_function.function["send"].arn, "Payload.$" = "$" }
              OutputPath = "$.Payload"
              Retry      = local.retry
              End        = true
            }
          }
        }
        ResultWriter = {
          Resource   = local.writer
          Parameters = { Bucket = aws_s3_bucket.backfill.bucket, Prefix = "report" }
        }
        ResultPath = "$.Sent"
        End        = true
      }
    }
  }
}

resource "aws_sfn_state_machine" "backfill" {
  name       = local.state_machine
  role_arn   = aws_iam_role.state_machine.arn
  definition = jsonencode(local.definition)

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
    level                  = "ERROR"
    include_execution_data = false
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  name              = "/aws/vendedlogs/states/${local.state_machine}"
  retention_in_days = 365
}

resource "aws_iam_role" "state_machine" {
  name = "orders-backfill"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "states.amazonaws.com" }
      }
    ]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  name = "backfill"
  role = aws_iam_role.state_machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Export"
        Effect   = "Allow"
        Action   = "dynamodb:ExportTableToPointInTime"
        Resource = module.ddb_stream_lambda.table_arn
      },
      {
        Sid      = "LookAtExport"
        Effect   = "Allow"
        Action   = "dynamodb:DescribeExport"
        Resource = "${module.ddb_stream_lambda.table_arn}/export/*"
      },
      {
        # DynamoDB writes the export with the permissions of the caller; the maps write their report
        Sid    = "Write"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:GetObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
          "s3:PutObjectAcl",
        ]
        Resource = ["${aws_s3_bucket.backfill.arn}/AWSDynamoDB/*", "${aws_s3_bucket.backfill.arn}/report/*"]
      },
      {
        Sid      = "List"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.backfill.arn
      },
      {
        Sid      = "Invoke"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = concat([for function in aws_lambda_function.function : function.arn], [module.ddb_stream_lambda.function_target_arn])
      },
      {
        # A map runs each of its items as an execution of this state machine
        Sid      = "Map"
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.state_machine}"
      },
      {
        Sid      = "Follow"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
        Resource = [for executions in [":*", "/*"] : "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.state_machine}${executions}"]
      },
      {
        # None of these has a permission for single resources
        Sid    = "DeliverLog"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
    ]
  })
}
