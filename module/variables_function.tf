# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Function

variable "function_name" {
  description = "Name of the function. Defaults to `name`, cut to 64 characters."
  type        = string
  default     = null

  validation {
    condition     = var.function_name == null ? true : can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "The function_name value must be 1 to 64 letters, digits, hyphens, and underscores. Got ${jsonencode(var.function_name)}."
  }
}

variable "function_description" {
  description = "Description of the function."
  type        = string
  default     = null

  validation {
    condition     = var.function_description == null ? true : length(var.function_description) <= 256
    error_message = "The function_description value must be at most 256 characters. Got ${try(length(var.function_description), 0)}."
  }
}

variable "function_filename" {
  description = "Path of a zip package with the code. Set exactly one of `function_filename`, `function_s3`, `function_image_uri`, and `existing_function`."
  type        = string
  default     = null

  validation {
    condition = (
      var.function_filename == null
      ? true
      : (var.function_source_code_hash != null || try(fileexists(var.function_filename), false))
    )
    error_message = "The function_filename value must be an existing file. Got ${jsonencode(var.function_filename)}. Set function_source_code_hash if it is created later."
  }
}

variable "function_source_code_hash" {
  description = "Base64-encoded SHA-256 of the package, by which Terraform detects new code. Defaults to the hash of `function_filename`. Set it with `function_s3`, unless new code has a new key or version."
  type        = string
  default     = null

  validation {
    condition = (
      var.function_source_code_hash == null
      ? true
      : can(regex("^[A-Za-z0-9+/]{43}=$", var.function_source_code_hash))
    )
    error_message = "The function_source_code_hash value must be 44 characters of base64, as from filebase64sha256(). Got ${jsonencode(var.function_source_code_hash)}."
  }
}

variable "function_s3" {
  description = "S3 object with a zip package of the code, in the Region of the pipeline."
  type = object({
    bucket  = string
    key     = string
    version = optional(string)
  })
  default = null

  validation {
    condition = (
      var.function_s3 == null
      ? true
      : (
        can(regex("^[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$", var.function_s3.bucket))
        && try(length(var.function_s3.key) >= 1 && length(var.function_s3.key) <= 1024, false)
        && var.function_s3.version != ""
      )
    )
    error_message = "The function_s3 value must be the name (not the ARN) of a bucket, a key of 1 to 1024 characters, and a version or null. Got ${jsonencode(var.function_s3)}."
  }
}

variable "function_image_uri" {
  description = "Container image with the code, in an ECR repository of the Region of the pipeline."
  type        = string
  default     = null

  validation {
    condition = (
      var.function_image_uri == null
      ? true
      : can(regex(
        "^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com[.a-z]*/[a-z0-9._/-]+(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$",
        var.function_image_uri,
      ))
    )
    error_message = "The function_image_uri value must be an ECR image with tag, digest, or both (ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG). Got ${jsonencode(var.function_image_uri)}."
  }

  validation {
    condition = (
      var.function_image_uri == null
      ? true
      : try(split(".", var.function_image_uri)[3], local.region) == local.region
    )
    error_message = "The function_image_uri value must be an image in an ECR repository in ${local.region}. Got ${jsonencode(var.function_image_uri)}."
  }

  validation {
    condition = (
      var.function_image_uri == null
      ? true
      : (
        var.function_handler == null
        && var.function_runtime == null
        && length(var.function_layers) == 0
        && var.function_source_code_hash == null
        && var.function_code_signing_config_arn == null
        && !var.function_snap_start
      )
    )
    error_message = "Remove the arguments that have no effect when function_image_uri is set. They are function_handler, function_runtime, function_layers, function_source_code_hash, function_code_signing_config_arn, and function_snap_start."
  }
}

variable "function_image_config" {
  description = "Overrides of the command, entry point, and working directory of the image."
  type = object({
    command           = optional(list(string))
    entry_point       = optional(list(string))
    working_directory = optional(string)
  })
  default = null

  validation {
    condition     = var.function_image_config == null || var.function_image_uri != null
    error_message = "Remove function_image_config: it has no effect without function_image_uri."
  }

  validation {
    condition = (
      var.function_image_config == null
      ? true
      : try(
        (
          alltrue([
            for word in concat(coalesce(var.function_image_config.command, []), coalesce(var.function_image_config.entry_point, [])) :
            word != null
          ])
          && length(coalesce(var.function_image_config.working_directory, "/")) <= 1000
        ),
        false,
      )
    )
    error_message = "The function_image_config value must be lists of words without null, and a directory of at most 1000 characters. Got ${jsonencode(var.function_image_config)}."
  }
}

variable "function_handler" {
  description = "Handler of the code, such as `handler.handler`. Required for a zip package."
  type        = string
  default     = null

  validation {
    condition     = var.function_handler == null ? true : can(regex("^[^\\s]{1,128}$", var.function_handler))
    error_message = "The function_handler value must be 1 to 128 characters without spaces. Got ${jsonencode(var.function_handler)}."
  }

  validation {
    condition     = var.function_handler != null || (var.function_filename == null && var.function_s3 == null)
    error_message = "Set function_handler, for example to \"index.handler\": pipeline \"${var.name}\" has a zip package."
  }
}

variable "function_runtime" {
  description = "Runtime of the code. Required for a zip package. Node.js runtimes keep connections alive."
  type        = string
  default     = null

  validation {
    condition = (
      var.function_runtime == null
      ? true
      : can(regex(
        "^(nodejs[0-9]+\\.x|python3\\.[0-9]+|java[0-9]+(\\.al2(023)?)?|dotnet[0-9]+|ruby[0-9]\\.[0-9]+|provided\\.al2(023)?)$",
        var.function_runtime,
      ))
    )
    error_message = "The function_runtime value must be a Lambda runtime such as python3.13 or nodejs22.x. Got ${jsonencode(var.function_runtime)}."
  }

  validation {
    condition = (
      var.function_runtime == null
      ? true
      : !contains(
        [
          "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "java8", "nodejs", "nodejs4.3",
          "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "provided",
          "python2.7", "python3.6", "python3.7", "ruby2.5", "ruby2.7",
        ],
        var.function_runtime,
      )
    )
    error_message = "The function_runtime value must be a runtime that Lambda accepts for new functions (as of 2026-11-27). Got ${jsonencode(var.function_runtime)}."
  }

  validation {
    condition     = var.function_runtime != null || (var.function_filename == null && var.function_s3 == null)
    error_message = "Set function_runtime, for example to \"python3.13\": pipeline \"${var.name}\" has a zip package."
  }
}

variable "function_architecture" {
  description = "Instruction set of the function."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.function_architecture)
    error_message = "The function_architecture value must be x86_64 or arm64. Got ${jsonencode(var.function_architecture)}."
  }
}

variable "function_layers" {
  description = "ARNs of layer versions, in the order in which Lambda merges them."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.function_layers) <= 5
    error_message = "The function_layers value must be a list of at most 5. Got ${length(var.function_layers)}."
  }

  validation {
    condition = alltrue([
      for layer in var.function_layers :
      can(regex("^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$", layer))
    ])
    error_message = "The function_layers value must be a list of ARNs of layer versions (...:layer:NAME:VERSION) in ${local.region}. Got ${jsonencode([for layer in var.function_layers : layer if !can(regex("^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$", layer))])}."
  }

  validation {
    condition = alltrue([
      for layer in var.function_layers :
      try(length([for other in var.function_layers : other if startswith(other, regex("^.*:", layer))]) == 1, true)
    ])
    error_message = "The function_layers value must be a list with one version of each layer. Got ${jsonencode([for layer in var.function_layers : layer if !try(length([for other in var.function_layers : other if startswith(other, regex("^.*:", layer))]) == 1, true)])}."
  }
}

variable "function_code_signing_config_arn" {
  description = "Code signing configuration that the package must satisfy."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.function_code_signing_config_arn, null) == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:code-signing-config:csc-[0-9a-z]+$",
        var.function_code_signing_config_arn,
      ))
    )
    error_message = "The function_code_signing_config_arn value must be the ARN of a code signing configuration in ${local.region}. Got ${jsonencode(try(var.function_code_signing_config_arn, null))}."
  }

  validation {
    condition = (
      var.existing_role == null
      ? true
      : try(split(":", var.function_code_signing_config_arn)[4] == split(":", var.existing_role.arn)[4], true)
    )
    error_message = "The function_code_signing_config_arn value must be of the account of existing_role. Got ${jsonencode(var.function_code_signing_config_arn)}."
  }
}

variable "function_memory_size" {
  description = "Memory of the function, in MB. CPU power grows with it."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition = (
      var.function_memory_size >= 128
      && var.function_memory_size <= 10240
      && floor(var.function_memory_size) == var.function_memory_size
    )
    error_message = "The function_memory_size value must be a whole number from 128 to 10240 (MB). Got ${jsonencode(var.function_memory_size)}."
  }
}

variable "function_timeout" {
  description = "Time limit of an invocation, in seconds. A batch that takes longer has failed."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.function_timeout >= 1
      && var.function_timeout <= 900
      && floor(var.function_timeout) == var.function_timeout
    )
    error_message = "The function_timeout value must be a whole number from 1 to 900 (seconds). Got ${jsonencode(var.function_timeout)}."
  }
}

variable "function_timeouts" {
  description = "Times that Terraform waits for the `create`, `update`, and `delete` of the resource. The default is 10 minutes."
  type = object({
    create = optional(string)
    update = optional(string)
    delete = optional(string)
  })
  default = null

  validation {
    condition = (
      var.function_timeouts == null
      ? true
      : alltrue([
        for time in [var.function_timeouts.create, var.function_timeouts.update, var.function_timeouts.delete] :
        time == null
        || can(regex("^([0-9]+(s|m|h))+$", time))
      ])
    )
    error_message = "The function_timeouts value must be times such as 90s, 30m, or 2h. Got ${jsonencode(var.function_timeouts)}."
  }
}

variable "function_ephemeral_storage_size" {
  description = "Size of `/tmp`, in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition = (
      var.function_ephemeral_storage_size >= 512
      && var.function_ephemeral_storage_size <= 10240
      && floor(var.function_ephemeral_storage_size) == var.function_ephemeral_storage_size
    )
    error_message = "The function_ephemeral_storage_size value must be a whole number from 512 to 10240 (MB). Got ${jsonencode(var.function_ephemeral_storage_size)}."
  }
}

variable "function_environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.function_environment) : can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))])
    error_message = "The function_environment value must be keyed by a letter and then letters, digits, and underscores. Got ${jsonencode([for name in keys(var.function_environment) : name if !can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))])}."
  }

  validation {
    condition     = alltrue([for name, value in var.function_environment : value != null])
    error_message = "The function_environment value must be variables with a value, not null. Got ${jsonencode({ for name, value in var.function_environment : name => value if !(value != null) })}."
  }

  validation {
    condition = length(setintersection(
      keys(var.function_environment),
      [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
      ],
    )) == 0
    error_message = "The function_environment value must be without the variables that Lambda sets, such as AWS_REGION. Got ${jsonencode(setintersection(keys(var.function_environment), ["_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"]))}."
  }

  validation {
    condition     = length(jsonencode(var.function_environment)) <= 4096
    error_message = "The function_environment value must be at most 4096 characters of JSON. Got ${length(jsonencode(var.function_environment))}."
  }
}

variable "function_kms_key_arn" {
  description = "Customer managed key of the environment variables. It has no effect without variables."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.function_kms_key_arn, null) == null
      ? true
      : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.function_kms_key_arn))
    )
    error_message = "The function_kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.function_kms_key_arn, null))}."
  }
}

variable "function_reserved_concurrent_executions" {
  description = "Reserved concurrency, which is also the maximum. `-1` reserves none; `0` stops the function. Reserve at least shards × `event_source_parallelization_factor`."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition = (
      var.function_reserved_concurrent_executions >= -1
      && var.function_reserved_concurrent_executions <= 100000
      && floor(var.function_reserved_concurrent_executions) == var.function_reserved_concurrent_executions
    )
    error_message = "The function_reserved_concurrent_executions value must be a whole number from -1 to 100000. Got ${jsonencode(var.function_reserved_concurrent_executions)}."
  }
}

variable "function_tracing_mode" {
  description = "X-Ray tracing mode. `Active` samples requests; `PassThrough` uses the sampling decision of the caller; `Disabled` also removes the X-Ray permissions from the role."
  type        = string
  default     = "Active"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough", "Disabled"], var.function_tracing_mode)
    error_message = "The function_tracing_mode value must be Active, PassThrough, or Disabled. Got ${jsonencode(var.function_tracing_mode)}."
  }
}

variable "function_vpc" {
  description = "Subnets and security groups of a function in a VPC. Set `replace_security_groups_on_destroy` to `true` to give the network interfaces of a destroyed function other security groups: those in `replacement_security_group_ids`, or the default one of the VPC. Its own ones can then be deleted immediately."
  type = object({
    subnet_ids                         = list(string)
    security_group_ids                 = list(string)
    ipv6_allowed_for_dual_stack        = optional(bool, false)
    replace_security_groups_on_destroy = optional(bool)
    replacement_security_group_ids     = optional(list(string))
  })
  default = null

  validation {
    condition = (
      var.function_vpc == null
      ? true
      : try(length(var.function_vpc.subnet_ids) > 0 && length(var.function_vpc.security_group_ids) > 0, false)
    )
    error_message = "The function_vpc value must be at least one of subnet_ids and one of security_group_ids. Got ${jsonencode(var.function_vpc)}."
  }

  validation {
    condition = (
      var.function_vpc == null
      ? true
      : try(
        (
          alltrue([for id in var.function_vpc.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
          && length(var.function_vpc.subnet_ids) <= 16
          && alltrue([
            for id in concat(var.function_vpc.security_group_ids, coalesce(var.function_vpc.replacement_security_group_ids, ["sg-0"])) :
            can(regex("^sg-[0-9a-zA-Z]+$", id))
          ])
          && length(var.function_vpc.security_group_ids) <= 5
        ),
        false,
      )
    )
    error_message = "The function_vpc value must be at most 16 subnets such as subnet-0a1b2c3d, and at most 5 security groups such as sg-0a1b2c3d. Got ${jsonencode(var.function_vpc)}."
  }

  validation {
    condition = (
      var.function_vpc == null
      ? true
      : (
        var.function_vpc.replacement_security_group_ids == null
        || coalesce(var.function_vpc.replace_security_groups_on_destroy, false)
      )
    )
    error_message = "Set replace_security_groups_on_destroy in function_vpc to true: replacement_security_group_ids requires it."
  }
}

variable "function_file_system" {
  description = "EFS access point to mount, and the path to mount it at. Requires `function_vpc`."
  type = object({
    access_point_arn = string
    local_mount_path = string
  })
  default = null

  validation {
    condition     = var.function_file_system == null || var.function_vpc != null
    error_message = "Set function_vpc: function_file_system requires it."
  }

  validation {
    condition = (
      var.function_file_system == null
      ? true
      : can(regex("^/mnt/[a-zA-Z0-9_.-]{1,155}$", var.function_file_system.local_mount_path))
    )
    error_message = "The function_file_system.local_mount_path value must be /mnt/NAME, of at most 160 characters. Got ${jsonencode(try(var.function_file_system.local_mount_path, null))}."
  }

  validation {
    condition = (
      var.function_file_system == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:elasticfilesystem:${local.region}:[0-9]{12}:access-point/fsap-[0-9a-f]{17}$",
        var.function_file_system.access_point_arn,
      ))
    )
    error_message = "The function_file_system.access_point_arn value must be the ARN of an EFS access point in ${local.region}. Got ${jsonencode(try(var.function_file_system.access_point_arn, null))}."
  }
}

variable "function_async_dead_letter_target" {
  description = "Queue (`sqs`) or topic (`sns`) for failed asynchronous invocations. The stream invokes the function synchronously and does not use it."
  type = object({
    type = string
    arn  = string
  })
  default = null

  validation {
    condition = (
      var.function_async_dead_letter_target == null
      ? true
      : (
        try(contains(["sqs", "sns"], var.function_async_dead_letter_target.type), false)
        && can(regex(
          "^arn:aws[a-z-]*:${var.function_async_dead_letter_target.type}:${local.region}:[0-9]{12}:[a-zA-Z0-9_.-]+$",
          var.function_async_dead_letter_target.arn,
        ))
        && !try(endswith(var.function_async_dead_letter_target.arn, ".fifo"), false)
      )
    )
    error_message = "The function_async_dead_letter_target value must be type sqs or sns, and the ARN of a standard queue or topic in ${local.region}. Got ${jsonencode(var.function_async_dead_letter_target)}."
  }
}
