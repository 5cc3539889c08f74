"""When Terraform checks a validation, and what it prints if one fails."""

import re

from generator.spec.model import Validation


def phase_of(variable: str, validation: Validation) -> int:
    """Return when Terraform checks a validation: it stops after the first phase in which one fails.

    Those of one argument come first, then those that compare arguments, then those that need the region.
    """
    if "local." in validation.condition:
        return 2
    return int(set(re.findall(r"\bvar\.(\w+)", validation.condition)) != {variable})


def pattern_of(validation: Validation) -> re.Pattern[str]:
    """Return a pattern of a validation's message, whatever values it shows."""
    text = validation.message.replace('\\"', '"')
    parts, literal, depth = [], "", 0
    for index, character in enumerate(text):
        if depth == 0 and text.startswith("${", index):
            parts.append(literal)
            literal = ""
        elif depth == 0 and (character != "{" or text[index - 1] != "$"):
            literal += character
        if character == "{" and (depth or text[index - 1] == "$"):
            depth += 1
        elif character == "}" and depth:
            depth -= 1
    return re.compile(".*".join(map(re.escape, [*parts, literal])), re.DOTALL)
