#% if options
# Arguments that differ from their defaults. They have no effect when a certain other argument is set, whose validation
# rejects them.
locals {
#%   for group in options
#%     if not loop.first

#%     endif
#%     set expressions = group.expressions(provider)
  # No effect {{ group.condition_text }}
#%     if expressions | length == 1
#%       for name, is_set in expressions.items()
  {{ group.local }} = {{ is_set }} ? ["{{ name }}"] : []
#%       endfor
#%     else
  {{ group.local }} = [
    for name, is_set in {
#%       for line in expressions | aligned
      {{ line }}
#%       endfor
    } : name if is_set
  ]
#%     endif
#%   endfor
}
#% endif
