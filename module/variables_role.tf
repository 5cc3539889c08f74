# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Role

variable "role_name" {
  description = "Name of the role. Defaults to `name` and the Region, cut to 64."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null ? true : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "The role_name value must be 1 to 64 letters, digits, and +=,.@_-. Got ${jsonencode(var.role_name)}."
  }
}

variable "role_description" {
  description = "Description of the role."
  type        = string
  default     = null

  validation {
    condition     = var.role_description == null ? true : length(var.role_description) <= 1000
    error_message = "The role_description value must be at most 1000 characters. Got ${try(length(var.role_description), 0)}."
  }

  validation {
    condition     = var.role_description == null ? true : can(regex("^[\t\n\r -~¡-ÿ]*$", var.role_description))
    error_message = "The role_description value must be letters of Latin-1, digits, punctuation, and spaces. Got ${jsonencode(var.role_description)}."
  }
}

variable "role_force_detach_policies" {
  description = "Set to `true` to detach the policies that others attached to the role before Terraform destroys it."
  type        = bool
  default     = false
  nullable    = false
}

variable "role_path" {
  description = "Path of the role."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-.0-~]+/)*$", var.role_path))
    error_message = "The role_path value must be a path that begins and ends with /. Got ${jsonencode(var.role_path)}."
  }
}

variable "role_permissions_boundary_arn" {
  description = "ARN of the permissions boundary of the role."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.role_permissions_boundary_arn, null) == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,128}$",
        var.role_permissions_boundary_arn,
      ))
    )
    error_message = "The role_permissions_boundary_arn value must be the ARN of a managed policy. Got ${jsonencode(try(var.role_permissions_boundary_arn, null))}."
  }
}

variable "role_policy_statements" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Additional IAM policy statements for the function, keyed by statement ID. The module adds the permissions that the pipeline needs. Type: map(object({ effect = optional(string, \"Allow\"), actions = list(string), resources = list(string), conditions = optional(list(object({ test = string, variable = string, values = list(string) })), []) }))."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for entry in values(var.role_policy_statements) :
      length(setsubtract(try(keys(entry), []), ["actions", "conditions", "effect", "resources"])) == 0
    ])
    error_message = "The keys in role_policy_statements must be effect, actions, resources, or conditions. Got ${join(", ", flatten([for id, entry in var.role_policy_statements : [for key in setsubtract(try(keys(entry), []), ["actions", "conditions", "effect", "resources"]) : "${id}.${key}${join("", [for known in ["actions", "conditions", "effect", "resources"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"]]))}."
  }

  validation {
    condition = alltrue([
      for entry in values(var.role_policy_statements) :
      can([
        tostring(try(entry.effect, null)), [for item in tolist(entry.actions) : tostring(item)],
        [for item in tolist(entry.resources) : tostring(item)],
        (
          try(entry.conditions, null) == null
          ? []
          : [
            for item in tolist(entry.conditions) :
            [tostring(item.test), tostring(item.variable), [for item in tolist(item.values) : tostring(item)]]
          ]
        ),
      ])
    ])
    error_message = "The role_policy_statements value must be of type map(object({ effect = optional(string, \"Allow\"), actions = list(string), resources = list(string), conditions = optional(list(object({ test = string, variable = string, values = list(string) })), []) })). Got ${jsonencode({ for id, entry in var.role_policy_statements : id => entry if !can([tostring(try(entry.effect, null)), [for item in tolist(entry.actions) : tostring(item)], [for item in tolist(entry.resources) : tostring(item)], try(entry.conditions, null) == null ? [] : [for item in tolist(entry.conditions) : [tostring(item.test), tostring(item.variable), [for item in tolist(item.values) : tostring(item)]]]]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.role_policy_statements :
      contains(["Allow", "Deny"], coalesce(try(statement.effect, null), "Allow"))
      && try(length(statement.actions) > 0, false)
    ])
    error_message = "The role_policy_statements value must be a map of statements with effect Allow or Deny and at least one of actions. Got ${jsonencode({ for id, statement in var.role_policy_statements : id => statement if !(contains(["Allow", "Deny"], coalesce(try(statement.effect, null), "Allow")) && try(length(statement.actions) > 0, false)) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.role_policy_statements :
      alltrue([
        for condition in try(statement.conditions[*], []) :
        join(" ", try(keys(condition), [])) == "test values variable"
      ])
    ])
    error_message = "The role_policy_statements value must be a map of statements whose conditions have exactly the keys test, variable, and values. Got ${jsonencode({ for id, statement in var.role_policy_statements : id => statement if !alltrue([for condition in try(statement.conditions[*], []) : join(" ", try(keys(condition), [])) == "test values variable"]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.role_policy_statements :
      alltrue([
        for condition in try(statement.conditions[*], []) :
        can(regex(
          "^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|(Numeric|Date)(Less|Greater)Than(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$",
          condition.test,
        ))
        && try(
          (
            condition.variable != ""
            && alltrue([for value in condition.values : value != null])
            && length(condition.values) > 0
          ),
          false,
        )
      ])
    ])
    error_message = "The role_policy_statements value must be a map of statements whose conditions have an operator of IAM as test, a variable, and values. Got ${jsonencode({ for id, statement in var.role_policy_statements : id => statement if !alltrue([for condition in try(statement.conditions[*], []) : can(regex("^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|(Numeric|Date)(Less|Greater)Than(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$", condition.test)) && try(condition.variable != "" && alltrue([for value in condition.values : value != null]) && length(condition.values) > 0, false)]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.role_policy_statements :
      can(regex("^[a-zA-Z0-9]+$", id))
      && try(length(statement.resources) > 0, false)
    ])
    error_message = "The role_policy_statements value must be keyed by letters and digits, with at least one of resources in each statement. Got ${jsonencode({ for id, statement in var.role_policy_statements : id => statement if !(can(regex("^[a-zA-Z0-9]+$", id)) && try(length(statement.resources) > 0, false)) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.role_policy_statements :
      try(
        (
          alltrue([for action in statement.actions : can(regex("^([*]|[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+)$", action))])
          && alltrue([for resource in statement.resources : can(regex("^([*]|arn:.+)$", resource))])
        ),
        false,
      )
    ])
    error_message = "The role_policy_statements value must be a map of statements with actions such as s3:GetObject, and ARNs or * as resources. Got ${jsonencode({ for id, statement in var.role_policy_statements : id => statement if !try(alltrue([for action in statement.actions : can(regex("^([*]|[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+)$", action))]) && alltrue([for resource in statement.resources : can(regex("^([*]|arn:.+)$", resource))]), false) })}."
  }

  validation {
    condition = length(setintersection(
      keys(var.role_policy_statements),
      [
        "ReadStream", "ListStreams", "DecryptStream", "DecryptFilterPatterns", "SendFailuresToQueue",
        "PublishFailuresToTopic", "PutFailuresIntoBucket", "ListBucketOfFailures", "EncryptFailures", "WriteLog",
        "WriteTraces", "AttachToVpc", "DetachFromVpc", "MountFileSystem", "SendAsyncFailuresToQueue",
        "PublishAsyncFailuresToTopic", "RunDurably",
      ],
    )) == 0
    error_message = "The role_policy_statements value must be keyed by IDs that no statement of the module has (its README lists them). Got ${jsonencode(setintersection(keys(var.role_policy_statements), ["ReadStream", "ListStreams", "DecryptStream", "DecryptFilterPatterns", "SendFailuresToQueue", "PublishFailuresToTopic", "PutFailuresIntoBucket", "ListBucketOfFailures", "EncryptFailures", "WriteLog", "WriteTraces", "AttachToVpc", "DetachFromVpc", "MountFileSystem", "SendAsyncFailuresToQueue", "PublishAsyncFailuresToTopic", "RunDurably"]))}."
  }

  validation {
    condition = length(jsonencode([
      for id, statement in var.role_policy_statements :
      concat(
        [
          "Sid", id, "Effect", coalesce(try(statement.effect, null), "Allow"), "Action", try(statement.actions, []),
          "Resource", try(statement.resources, []),
        ],
        try(statement.conditions[*].values, []),
      )
    ])) <= 10240
    error_message = "The role_policy_statements value must be statements of at most 10240 characters of JSON together, as IAM accepts in inline policies. Got ${length(jsonencode([for id, statement in var.role_policy_statements : concat(["Sid", id, "Effect", coalesce(try(statement.effect, null), "Allow"), "Action", try(statement.actions, []), "Resource", try(statement.resources, [])], try(statement.conditions[*].values, []))]))}."
  }
}

variable "role_managed_policy_arns" {
  description = "ARNs of managed policies to attach to the role, by keys of your choice."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, arn in var.role_managed_policy_arns :
      can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,128}$", arn))
    ])
    error_message = "The role_managed_policy_arns value must be a map of ARNs of managed policies. Got ${jsonencode({ for key, arn in var.role_managed_policy_arns : key => arn if !can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,128}$", arn)) })}."
  }

  validation {
    condition = (
      var.existing_role == null
      ? true
      : alltrue([
        for arn in values(var.role_managed_policy_arns) :
        contains(["aws", try(split(":", var.existing_role.arn)[4], "")], try(split(":", arn)[4], ""))
      ])
    )
    error_message = "The role_managed_policy_arns value must be policies of AWS or of the account of existing_role. Got ${jsonencode({ for key, arn in var.role_managed_policy_arns : key => arn if !contains(["aws", try(split(":", var.existing_role.arn)[4], "")], try(split(":", arn)[4], "")) })}."
  }
}

variable "role_policy_enabled" {
  description = "Set to `false` to write nothing to IAM for an existing role. The output `role_policy` is then the policy that the role needs, as JSON."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.role_policy_enabled || var.existing_role != null || var.existing_function != null
    error_message = "The role_policy_enabled value must be true for a role that the module creates. Got false. Set existing_role or existing_function for another role."
  }

  validation {
    condition     = var.role_policy_enabled || length(var.role_managed_policy_arns) == 0
    error_message = "Remove role_managed_policy_arns: it has no effect when role_policy_enabled is false."
  }
}
