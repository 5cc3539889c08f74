# {{ component.title }}

#% for variable in component.variables
variable "{{ variable.name }}" {
#%   set type = variable.type.hcl(2)
#%   if type == "any"
  # any, because Terraform removes unknown keys from an object of a declared type
  description = {{ ((variable.description if module.has_deprecated else variable.documented) ~ " Type: " ~ (variable.type.documented.hcl() | compact) ~ ".") | quoted }}
#%   else
  description = {{ (variable.description if module.has_deprecated else variable.documented) | quoted }}
#%   endif
#%   if variable.deprecated and module.has_deprecated
  deprecated  = {{ variable.deprecated | quoted }}
#%   endif
#%   if "\n" in type
  type = {{ type }}
#%     set width = 7 if variable.nullable else 8
#%   else
  type        = {{ type }}
#%     set width = 11
#%   endif
#%   if not variable.required
  {{ "default".ljust(width) }} = {{ variable.default | literal }}
#%   endif
#%   if not variable.nullable
  {{ "nullable".ljust(width) }} = false
#%   endif
{% for validation in variable.validations %}
{% set condition = validation.condition | wrapped(4, 20) %}

  validation {
    condition{{ " " if "\n" in condition else "     " }}= {{ condition }}
    error_message = "{{ validation.message }}"
  }
{% endfor %}
}

#% endfor
