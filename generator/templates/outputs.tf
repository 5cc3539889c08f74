#% for output in outputs
output "{{ output.name }}" {
  description = {{ (output.description if module.has_deprecated else output.documented) | quoted }}
#%   if output.deprecated and module.has_deprecated
  deprecated  = {{ output.deprecated | quoted }}
#%   endif
  value       = {{ output.value }}
}

#% endfor
