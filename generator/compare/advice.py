"""Why a finding concerns callers of a module, and what they do about it: one entry for a rule."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final


@dataclass(frozen=True)
class Advice:
    """Why callers notice a change, and what they do; each is a sentence, or empty."""

    why: str = ""
    callers: str = ""


_SAME: Final = "Nothing that is deployed changes."
_REVIEW: Final = "Review the permissions before you upgrade."
_PLAN: Final = "Read the plan before you apply it."
_DATA: Final = "Back up the data, and read the plan before you apply it."
_REFERENCES: Final = "Change the expressions that refer to it."

_ADVICE: Final[dict[str, tuple[str, str]]] = {
    "variable-removed": ("Terraform rejects arguments that a module does not declare.", "Remove the argument."),
    "variable-renamed": ("Terraform rejects arguments that a module does not declare.", "Rename the argument."),
    "new-required-variable": ("Terraform rejects a call without a value for it.", "Set the argument."),
    "variable-required": ("Terraform rejects a call without a value for it.", "Set the argument to its old default."),
    "new-optional-variable": ("Callers that do not set it get its default.", ""),
    "variable-optional": ("Callers that set it see no change.", ""),
    "default-changed": (
        "Callers that do not set the variable get the new default.",
        "Set the argument to its old default to keep the value.",
    ),
    "default-extended": ("Callers that do not set the variable get the new keys.", _PLAN),
    "type-default-changed": (
        "Callers that do not set the attribute get the new default.",
        "Set the attribute to its old default to keep the value.",
    ),
    "type-widened": ("The variable accepts the old values and more.", ""),
    "type-*": ("Terraform rejects or converts values of the old type.", "Give the argument a value of the new type."),
    "nullable-removed": ("Null means the default.", "Replace null by the value that is meant."),
    "nullable-added": ("Null is passed on to the module.", "Remove arguments that are null to get the default."),
    "ephemeral-changed": ("Terraform accepts ephemeral values only where both sides allow them.", _REFERENCES),
    "sensitive-changed": ("What depends on the value is marked as the variable is.", "Mark outputs that show it."),
    "validation-removed": ("The variable accepts more.", ""),
    "validation-loosened": ("The variable accepts more.", ""),
    "validation-message": (_SAME, ""),
    "validation-*": ("Terraform rejects values that it accepted.", "Compare your value with the condition."),
    "precondition-removed": (_SAME, ""),
    "precondition-added": ("Terraform rejects what does not meet the condition.", "Compare your inputs with it."),
    "postcondition-removed": (_SAME, ""),
    "postcondition-added": ("Terraform rejects results that do not meet it.", "Compare your inputs with it."),
    "output-removed": ("Terraform rejects references to outputs that do not exist.", _REFERENCES),
    "output-renamed": ("Terraform rejects references to outputs that do not exist.", _REFERENCES),
    "output-sensitive": (
        "Terraform rejects outputs that show a sensitive value and are not sensitive.",
        "Set sensitive in the outputs that show it.",
    ),
    "output-not-sensitive": ("The value is visible in plans and logs.", ""),
    "output-ephemeral": ("Terraform accepts ephemeral values only where both sides allow them.", _REFERENCES),
    "output-type-changed": ("Expressions that use the output fail, or give another result.", _REFERENCES),
    "output-changed": ("What depends on the output changes with it.", _PLAN),
    "output-set": ("The output had no value with the default inputs.", ""),
    "output-extended": ("The attributes that callers use stay.", ""),
    "deprecated": ("A later version removes it.", "Stop using it."),
    "resource-added": ("Terraform creates the resource.", _PLAN),
    "instances-added": ("Terraform creates instances.", _PLAN),
    "resource-removed": ("Terraform destroys the resource of every caller that has it.", _DATA),
    "resource-address-changed": (
        "Terraform takes another address for another resource.",
        "Move it with terraform state mv before you apply.",
    ),
    "resource-moved": ("Terraform renames it in the state.", ""),
    "resource-forgotten": ("The resource stays and is no longer managed.", "Delete it yourself if you do not need it."),
    "instances-destroyed": ("Terraform destroys instances that no key or index names.", _DATA),
    "instance-keys-changed": (
        "Terraform destroys the instances with the old keys and creates others.",
        "Move each instance with terraform state mv before you apply.",
    ),
    "instances-changed": ("It depends on your inputs how many instances there are.", _PLAN),
    "may-replace": ("Terraform destroys the resource and creates another one.", _DATA),
    "argument-left-behind": (
        "Removing an argument sends nothing to AWS.",
        "Change the setting in AWS yourself if the old value must not stay.",
    ),
    "argument-*": ("The resource is another one than before.", _PLAN),
    "data-removed": (_SAME, ""),
    "data-*": ("Terraform reads it during each plan.", "Check that your role may read it."),
    "module-removed": ("Terraform destroys what the called module created.", _DATA),
    "module-added": ("Terraform creates what the called module contains.", _PLAN),
    "module-pin-changed": ("The called module has changes of its own.", "Read its changelog."),
    "module-source-changed": ("Another module takes the place of the called one.", _DATA),
    "module-changed": ("The called module has other inputs.", _PLAN),
    "terraform-dropped": ("Terraform does not read these files.", "Use OpenTofu, or stay on the old version."),
    "policy-not-understood": ("It may allow more than before.", "Review the policy before you upgrade."),
    "submodule-removed": ("Terraform cannot find the source.", "Change the source, or stay on the old version."),
    "*-floor-raised": ("Terraform rejects older versions.", "Upgrade to a version that the constraint allows."),
    "*-floor-implied": ("Older versions do not know the attribute.", "Upgrade to a version that knows it."),
    "*-ceiling-lowered": ("Terraform rejects newer versions.", "Use a version that the constraint allows."),
    "*-version-excluded": ("Terraform rejects the version.", "Use a version that the constraint allows."),
    "provider-added": ("Terraform installs another provider.", "Configure the provider in the root module."),
    "provider-alias-added": (
        "Terraform rejects a call that does not pass it.",
        "Pass the provider configuration in providers.",
    ),
    "provider-alias-removed": (
        "Terraform rejects provider configurations that a module does not declare.",
        "Remove it from providers.",
    ),
    "provider-configuration-*": ("Resources belong to one provider configuration.", _PLAN),
    "provider-removed": ("Terraform no longer installs the provider for this module.", ""),
    "create-before-destroy-*": ("A replacement happens in another order.", _PLAN),
    "prevent-destroy-removed": ("Terraform accepts plans that destroy or replace the resource.", _PLAN),
    "prevent-destroy-added": (
        "Terraform rejects plans that destroy or replace the resource.",
        "Remove the resource from the state before you destroy it.",
    ),
    "ignore-changes-removed": (
        "Terraform sets the argument back to its configured value.",
        "Set what was changed elsewhere in the configuration.",
    ),
    "ignore-changes-added": ("Terraform leaves the argument as it is.", ""),
    "replace-triggered-by-changed": ("The resource is replaced with another one.", _DATA),
    "provisioner-changed": ("Terraform runs other provisioners for new resources.", _PLAN),
    "import-added": ("Terraform rejects import blocks outside of the root module.", "Stay on the old version."),
    "import-removed": (_SAME, ""),
    "moved-removed": (
        "Terraform takes the new address for a new resource.",
        "Apply a version with the moved block before this one.",
    ),
    "removed-block-*": (
        "Terraform destroys what is no longer in the configuration.",
        "Apply a version with the removed block before this one.",
    ),
    "evaluation-fails": ("Terraform ends with an error.", "Set the variables that it mentions, or stay."),
    "file-added": ("The module reads it, too.", _PLAN),
    "file-removed": ("What the module made of it changes or is deleted.", _PLAN),
    "file-missing": ("Terraform ends with an error.", "Stay on the old version."),
    "moved-invalid": ("Terraform rejects the configuration.", "Stay on the old version."),
    "instances-moved": ("Terraform renames them in the state.", ""),
    "moved-target-missing": ("The block moves nothing.", _PLAN),
    "*-narrowed": ("What is no longer allowed fails.", _REVIEW),
    "permission-removed": ("What is no longer allowed fails.", _REVIEW),
    "deny-added": ("What is denied fails.", _REVIEW),
    "permission-*": ("More is allowed, or something else.", _REVIEW),
    "principal-*": ("More may be allowed, or something else.", _REVIEW),
    "deny-*": ("More may be allowed, or something else.", _REVIEW),
    "*-attached": ("More may be allowed, or something else.", _REVIEW),
    "boundary-removed": ("Nothing bounds the permissions of the role.", _REVIEW),
    "not-understood": ("diff cannot evaluate this difference.", "Compare the lines in both versions."),
}


def advice(rule: str) -> Advice:
    """Return the advice for a rule: that with its name, or the first whose pattern matches it."""
    if rule in _ADVICE:
        return Advice(*_ADVICE[rule])
    if rule.endswith("-rewritten"):
        return Advice(_SAME)
    return next((Advice(*found) for pattern, found in _ADVICE.items() if fnmatchcase(rule, pattern)), Advice())
