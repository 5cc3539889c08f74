# Filter patterns that can match no record
locals {
  # Regular expressions of the paths of values in filter patterns, and of the values that can match there
  filter_rules = [
#% for path, values in filter_rules
    {
      path   = {{ path | quoted }}
      values = {{ values | quoted }}
    },
#% endfor
  ]

  # Paths that the records of a stream do not have, by its view type
  filter_absent_images = {
#% for line in absent_images | aligned
    {{ line }}
#% endfor
  }

  # The values of the patterns with their paths. Each level takes apart one level of names or of alternatives.
  filter_level_0 = [
    for pattern in var.event_source_filter_patterns :
    { pattern = pattern, path = "", value = try(jsondecode(pattern), null) }
  ]
#% for level in range(1, filter_levels + 1)
  filter_level_{{ level }} = flatten([
    for at in local.filter_level_{{ level - 1 }} : try([
      for name, inner in(endswith(at.path, "/$or") ? can(at.value[1]) : length(keys(at.value)) > 0) ? at.value : null :
      { pattern = at.pattern, path = "${at.path}/${replace(name, "/", "_")}", value = inner }
    ], [at])
  ])
#% endfor

  filter_problems = distinct([
    for at in local.filter_level_{{ filter_levels }} : "${join(".", compact(split("/", at.path)))} in ${at.pattern}"
    if !anytrue([for rule in local.filter_rules : can(regex(rule.path, at.path)) && can(regex(rule.values, jsonencode(at.value)))])
    || anytrue([for limits in regexall({{ filter_range | quoted }}, jsonencode(at.value)) : tonumber(limits[0]) >= tonumber(limits[1])])
    || (var.existing_table == null && can(regex(local.filter_absent_images[var.table_stream_view_type], at.path)))
  ])
}
