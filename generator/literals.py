"""Writes strings as HCL."""

from typing import Final

# HCL has fewer escapes than JSON; a control character without one of its own is written as its number
_ESCAPES: Final = {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)} | {
    ord(character): escape
    for character, escape in {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.items()
}


def quoted(text: str) -> str:
    """Return a string as an HCL string literal, template markers escaped."""
    escaped = text.translate(_ESCAPES).replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'
