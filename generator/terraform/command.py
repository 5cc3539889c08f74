"""The commands of Terraform in one working directory."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.errors import TerraformError
from generator.parsing import expect, parse_json, reported
from generator.scratch import scratch_directory
from generator.terraform.program import about, binary, call
from generator.terraform.provider import MIRROR_VARIABLE, environment, expected_layout


class Terraform:
    """Terraform in one working directory.

    Takes the directory, the program (default: :func:`binary`) and the environment variables for it (default:
    :func:`environment`). Nothing is run in the directory before the first method is called.

    Raises:
        TerraformError: Terraform is missing or too old, or the named mirror does not contain the provider. Each method
            raises it if its command fails; the text is Terraform's first error as one line.
    """

    def __init__(
        self, folder: Path, *, program: Path | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.program = program or binary()
        self.variables = dict(environment(self.program) if variables is None else variables)

    def run(self, command: str, *arguments: str) -> str:
        """Run one command and return its standard output."""
        code, out, err = call(self.program, self.folder, self.variables, command, *arguments)
        if code != 0:
            raise TerraformError(_explain(command, err.strip() or out, self.program))
        return out

    def init(self) -> None:
        """Install the providers and modules of the directory."""
        self.run("init", "-no-color", "-input=false")

    def plan(self) -> dict[str, Any]:
        """Plan, and return the plan in Terraform's JSON format."""
        with scratch_directory() as temporary:
            file = str(temporary / "plan")
            self.run("plan", "-no-color", "-input=false", "-lock=false", f"-out={file}")
            return self.show(file)

    def show(self, *plan: str) -> dict[str, Any]:
        """Return the state, or a plan from a file, in Terraform's JSON format."""
        return self._json("show", "-json", "-no-color", *plan)

    def apply(self) -> None:
        """Apply the configuration without asking for approval. After a failure, earlier changes are in the state."""
        self.run("apply", "-no-color", "-input=false", "-auto-approve")

    def destroy(self) -> None:
        """Delete everything in the state without asking for approval. After a failure, the rest is in the state."""
        self.run("destroy", "-no-color", "-input=false", "-auto-approve")

    def output(self) -> dict[str, Any]:
        """Return the root module's output values in the state by name, sensitive ones included."""
        outputs = self._json("output", "-json", "-no-color")
        return {name: output["value"] for name, output in outputs.items()}

    def _json(self, command: str, *arguments: str) -> dict[str, Any]:
        """Run a command, and return the JSON object that it prints."""
        with reported(TerraformError, f"The output of {about(self.program).command} {command}"):
            output: dict[str, Any] = expect(parse_json(self.run(command, *arguments)), {"type": "object"})
        return output


def _explain(command: str, output: str, program: Path) -> str:
    """Return Terraform's first error as one line, without colors, frames and source excerpts."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [re.sub(r"^[╷│╵]\s?", "", line).rstrip() for line in plain.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    if not errors:
        printed = " ".join(" ".join(lines).split())[:500].rstrip(".")
        return f"{about(program).command} {command} failed: {printed or 'it printed no reason'}."
    end = next((n for n in range(errors[0] + 1, len(lines)) if lines[n].startswith(("Error: ", "Warning: "))), None)
    summary = lines[errors[0]].removeprefix("Error: ")
    location = detail = ""
    for paragraph in re.split(r"\n{2,}", "\n".join(lines[errors[0] + 1 : end]).strip("\n")):
        place = re.search(r"^\s*on (\S+ line \d+)", paragraph, re.MULTILINE)
        text = " ".join(paragraph.split())
        if place:
            location = f" ({place[1]})"
        elif text and not text.startswith("with "):
            detail = text
            break
    message = f"{summary.rstrip('.:')}: {detail}" if detail else summary
    if re.search(r"Failed to (query available|install|resolve) provider|Required plugins are not installed", summary):
        return (
            f"Cannot install a provider: {message.rstrip('.')}. Connect to the network, "
            f"or set {MIRROR_VARIABLE} to a directory that contains {expected_layout(program)}."
        )
    total = f" [1 of {len(errors)} errors]" if len(errors) > 1 else ""
    return f"{about(program).command} {command}: {message.rstrip('.')}{location}{total}."
