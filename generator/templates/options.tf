#% if options
# Options that another choice makes meaningless. Each list names those that differ from their defaults; the validation of
# that choice refuses them.

#% endif
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
