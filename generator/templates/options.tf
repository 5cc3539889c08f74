# Options that another choice makes meaningless. Each list names those that differ from their defaults; the validations of
# existing_table, existing_function, existing_role, dead_letter_queue_enabled and on_failure_destination refuse them.

#% for group in options
locals {
  # No effect {{ group.circumstance }}
  {{ group.local }} = [
    for name, given in {
#%   for line in group.expressions(provider) | aligned
      {{ line }}
#%   endfor
    } : name if given
  ]
}

#% endfor
