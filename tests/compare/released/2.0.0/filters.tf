# Generated from generator/templates/filters.tf by "python -m generator build"; do not edit.

# Filter patterns that can match no record
locals {
  # Regular expressions of the paths of values in filter patterns, and of the values that can match there
  filter_rules = [
    {
      path   = "^(?:/[$]or/[0-9]+)*/eventName$"
      values = "^\\[(?:(?:\"(?:INSERT|MODIFY|REMOVE)\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\}|\\{\"(?:prefix|suffix)\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})\\}|\\{\"anything-but\":(?:\\{\"(?:prefix|suffix)\":(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})|\\[(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})[,\\]])+)\\}|\\{\"equals-ignore-case\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+)\\}|(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+))\\}|\\{\"exists\":(?:true|false)\\})[,\\]])+$"
    },
    {
      path   = "^(?:/[$]or/[0-9]+)*/(?:event(?:ID|Version|Source|SourceARN)|awsRegion|userIdentity(?:/[$]or/[0-9]+)*/(?:type|principalId)|dynamodb(?:/[$]or/[0-9]+)*/(?:SequenceNumber|StreamViewType|(?:Keys|NewImage|OldImage)(?:/[$]or/[0-9]+)*/[^/]+(?:/[$]or/[0-9]+)*(?:/L(?:/[$]or/[0-9]+)*|/M(?:/[$]or/[0-9]+)*/[^/]+(?:/[$]or/[0-9]+)*)*/(?:S|N|B|SS|NS|BS)))$"
      values = "^\\[(?:(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\}|\\{\"(?:prefix|suffix)\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})\\}|\\{\"anything-but\":(?:\\{\"(?:prefix|suffix)\":(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})|\\[(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})[,\\]])+)\\}|\\{\"equals-ignore-case\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+)\\}|(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+))\\}|\\{\"exists\":(?:true|false)\\})[,\\]])+$"
    },
    {
      path   = "^(?:/[$]or/[0-9]+)*/dynamodb(?:/[$]or/[0-9]+)*/(?:ApproximateCreationDateTime|SizeBytes)$"
      values = "^\\[(?:(?:-?[0-9.]+(?:e[+-]?[0-9]+)?|\\{\"numeric\":\\[\"(?:=|\\\\u003c=?|\\\\u003e=?)\",-?[0-9.]+(?:e[+-]?[0-9]+)?\\]\\}|\\{\"numeric\":\\[\"\\\\u003e=?\",-?[0-9.]+(?:e[+-]?[0-9]+)?,\"\\\\u003c=?\",-?[0-9.]+(?:e[+-]?[0-9]+)?\\]\\}|\\{\"anything-but\":(?:-?[0-9.]+(?:e[+-]?[0-9]+)?|\\[(?:-?[0-9.]+(?:e[+-]?[0-9]+)?[,\\]])+)\\}|\\{\"exists\":(?:true|false)\\})[,\\]])+$"
    },
    {
      path   = "^(?:/[$]or/[0-9]+)*/dynamodb(?:/[$]or/[0-9]+)*/(?:Keys|NewImage|OldImage)(?:/[$]or/[0-9]+)*/[^/]+(?:/[$]or/[0-9]+)*(?:/L(?:/[$]or/[0-9]+)*|/M(?:/[$]or/[0-9]+)*/[^/]+(?:/[$]or/[0-9]+)*)*/(?:BOOL|NULL)$"
      values = "^\\[(?:(?:true|false|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\}|\\{\"(?:prefix|suffix)\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})\\}|\\{\"anything-but\":(?:\\{\"(?:prefix|suffix)\":(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})|\\[(?:(?:\"(?:[^\"\\\\]|\\\\.)+\"|\\{\"equals-ignore-case\":\"(?:[^\"\\\\]|\\\\.)*\"\\})[,\\]])+)\\}|\\{\"equals-ignore-case\":(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+)\\}|(?:\"(?:[^\"\\\\]|\\\\.)*\"|\\[(?:\"(?:[^\"\\\\]|\\\\.)*\"[,\\]])+))\\}|\\{\"exists\":(?:true|false)\\})[,\\]])+$"
    },
    {
      path   = "^(?:/[^/]+){8}$"
      values = "^\\{."
    },
    {
      path   = "^(?:/[^/]+){7}/[$]or$"
      values = "^\\[\\{"
    },
  ]

  # Paths that the records of a stream do not have, by its view type
  filter_absent_images = {
    NEW_AND_OLD_IMAGES = "^/$"
    NEW_IMAGE          = "^(?:/[$]or/[0-9]+)*/dynamodb(?:/[$]or/[0-9]+)*/OldImage(?:/|$)"
    OLD_IMAGE          = "^(?:/[$]or/[0-9]+)*/dynamodb(?:/[$]or/[0-9]+)*/NewImage(?:/|$)"
    KEYS_ONLY          = "^(?:/[$]or/[0-9]+)*/dynamodb(?:/[$]or/[0-9]+)*/(?:New|Old)Image(?:/|$)"
  }

  # The values of the patterns with their paths. Each level takes apart one level of names or of alternatives.
  filter_level_0 = [
    for pattern in var.event_source_filter_patterns :
    { pattern = pattern, path = "", value = try(jsondecode(pattern), null) }
  ]
  filter_level_1 = flatten([
    for at in local.filter_level_0 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_2 = flatten([
    for at in local.filter_level_1 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_3 = flatten([
    for at in local.filter_level_2 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_4 = flatten([
    for at in local.filter_level_3 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_5 = flatten([
    for at in local.filter_level_4 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_6 = flatten([
    for at in local.filter_level_5 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_7 = flatten([
    for at in local.filter_level_6 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
  filter_level_8 = flatten([
    for at in local.filter_level_7 : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])

  filter_problems = distinct([
    for at in local.filter_level_8 : "${join(".", compact(split("/", at.path)))} in ${at.pattern}"
    if !anytrue([for rule in local.filter_rules : can(regex(rule.path, at.path)) && can(regex(rule.values, jsonencode(at.value)))])
    || anytrue([for limits in regexall("\\[\"\\\\u003e=?\",(-?[0-9.]+(?:e[+-]?[0-9]+)?),\"\\\\u003c=?\",(-?[0-9.]+(?:e[+-]?[0-9]+)?)\\]", jsonencode(at.value)) : tonumber(limits[0]) >= tonumber(limits[1])])
    || (var.existing_table == null && can(regex(local.filter_absent_images[var.table_stream_view_type], at.path)))
  ])
}
