#% if options
# Arguments that differ from their defaults. They have no effect when a certain other argument is set, whose validation
# rejects them.
locals {
#%   for group in options
#%     if not loop.first

#%     endif
  # No effect {{ group.circumstance }}
  {{ group.local }} = [
    for name, is_set in {
#%     for line in group.expressions(provider) | aligned
      {{ line }}
#%     endfor
    } : name if is_set
  ]
#%   endfor
}
#% endif
