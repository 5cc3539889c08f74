#% for output in outputs
output "{{ output.name }}" {
  description = {{ output.description | quoted }}
  value       = {{ output.value }}
}

#% endfor
