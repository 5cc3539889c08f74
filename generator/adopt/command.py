"""``adopt``: finds a pipeline, decides what to take over, writes it, and prints what a plan will do."""

import base64
import hashlib
import json
import re
import shlex
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import click

from generator import aws
from generator.adopt import alarms, finding, reading, state, writing
from generator.adopt.answers import Answers
from generator.adopt.choices import Choices, choose, default_name
from generator.adopt.report import Report, old_policies, report
from generator.adopt.resources import FUNCTION, LOG_GROUP, Deployed
from generator.errors import AwsError, OutputFolderError, UsageError
from generator.files import replace_file
from generator.render import render_variant
from generator.variant import Variant

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SECONDS: Final = 60
"""Time without data after which the download of a package fails."""


def adopt(options: Mapping[str, Any]) -> None:
    """Take over the pipeline that the options of the command line name, and print the report.

    Raises:
        UsageError: The options name no pipeline, or one that cannot be taken over.
        AwsError: AWS rejected a request, or cannot be reached.
        OutputFolderError: A file exists, or cannot be written. Nothing is left then.
    """
    _check(options)
    made = _in_state(options) if options["state"] else _in_aws(options)
    if options["as_json"]:
        click.echo(json.dumps(made.as_json(), indent=2))
        return
    for line in made.lines():
        click.echo(line)


def _check(options: Mapping[str, Any]) -> None:
    if bool(options["table"]) != bool(options["function"]):
        given, missing = ("table", "function") if options["table"] else ("function", "table")
        raise UsageError(f"--{given}: this option needs --{missing}, too. Set both, or --mapping alone.")
    named = [name for name in ("table", "stack", "state") if options[name]]
    if len(named) > 1:
        raise UsageError(f"--{named[1]}: conflicts with --{named[0]}. Set one of them.")
    if options["state"]:
        for name in ("profile", "region", "endpoint_url"):
            if options[name]:
                raise UsageError(f"--{name.replace('_', '-')}: this option has no effect with --state. Remove it.")
    if options["table"] and options["mapping"]:
        raise UsageError("--mapping: conflicts with --table. Set one of them.")
    if options["mapping"] and not options["state"] and not re.fullmatch(_UUID, options["mapping"]):
        raise UsageError(
            f'--mapping: "{options["mapping"]}" is not a UUID, such as those of aws lambda list-event-source-mappings.'
        )
    if not named and not options["mapping"]:
        raise UsageError("--mapping: this option, --table with --function, --stack, or --state is required.")


def _in_aws(options: Mapping[str, Any]) -> Report:
    """Write the root module of a pipeline in AWS."""
    variant = Variant(provider=options["provider"])
    answers = Answers(aws.connect(options["profile"], options["region"], options["endpoint_url"]))
    stack = finding.stack(answers, options["stack"]) if options["stack"] else None
    if stack:
        uuid = stack.mapping(answers, options["mapping"])
    elif options["table"]:
        uuid = finding.by_names(answers, options["table"], options["function"])
    else:
        uuid = options["mapping"]
    deployed = reading.read(answers, uuid)
    if stack:
        stack.keep_own(deployed)
    name = options["name"] or (stack.name if stack else default_name(deployed))
    deployed.resources |= alarms.read(answers, name, deployed.target)
    deployed.shared |= writing.taken(options["out"] or Path(writing.label(name)), deployed)
    choices = choose(deployed, variant.provider, name)
    label = writing.label(choices.name)
    out: Path = options["out"] or Path(label)
    files: dict[str, bytes] = {}
    if package := _package(deployed):
        files[f"{label}.zip"] = package
        choices.arguments["function_filename"] = f"./{label}.zip"
    files[f"{label}_imports.tf"] = writing.imports(choices, deployed.mapping).encode()
    made = report(deployed, choices, "imports")
    region = deployed.target.region
    made.files = _write(out, files, choices, variant=variant, region=region, source=options["source"])
    root = f"terraform -chdir={shlex.quote(str(out))}"
    made.steps = [
        f"{root} init && {root} plan: continue only if it destroys and replaces nothing",
        f"{root} apply, and delete {out / f'{label}_imports.tf'}",
    ]
    if stack:
        retained = ", ".join(stack.retained(choices.resources, deployed.mapping.origin))
        first = f"Set DeletionPolicy and UpdateReplacePolicy to Retain in the template of the stack {stack.name}"
        last = f"Remove these resources from the template, or delete the stack {stack.name}"
        made.steps = [f"{first}, and update the stack: {retained}", *made.steps, last]
    return made


def _in_state(options: Mapping[str, Any]) -> Report:
    """Write the call of the module for a pipeline in a state, next to the configuration of its resources."""
    variant = Variant(provider=options["provider"])
    deployed = state.read(options["state"], options["mapping"])
    out: Path = options["out"] or Path()
    deployed.shared |= writing.taken(out, deployed)
    with state.well_formed(options["state"]):
        choices = choose(deployed, variant.provider, options["name"])
        made = report(deployed, choices, "moves")
    label = writing.label(choices.name)
    taken = {resource.origin for resource in choices.resources.values()} | {deployed.mapping.origin}
    old = old_policies(deployed, choices)
    policies = [deployed.policy_origins[name] for name in old if name in deployed.policy_origins]
    removed = dict.fromkeys([*policies, *(address for address in deployed.siblings if address not in taken)])
    blocks = [writing.moves(choices, deployed.mapping), writing.removals(removed)]
    made.files = _write(
        out,
        {f"{label}_moved.tf": "\n".join(filter(None, blocks)).encode()},
        choices,
        variant=variant,
        region=deployed.target.region,
        source=options["source"],
    )
    addresses = sorted({*made.origins.values(), *removed})
    others = [address for address in removed if address not in policies]
    made.stays += [f"{address}, which leaves the state, but is not deleted" for address in others]
    root = f"terraform -chdir={shlex.quote(str(out))}"
    group = f"/aws/lambda/{deployed.target.name}"
    existing = [f"If the log group {group} exists, write an import block for module.{label}.{LOG_GROUP} with this ID"]
    made.steps = [
        f"Remove these resources, or the modules with them, from the configuration: {', '.join(addresses)}",
        f"Use outputs of module.{label} in expressions that refer to them",
        *(existing if LOG_GROUP in made.creates else ()),
        f"{root} init && {root} plan: continue only if it destroys and replaces nothing",
        f"{root} apply",
    ]
    return made


def _package(deployed: Deployed) -> bytes:
    """Return the package that the function runs. Empty for an image, or a function that is not taken over.

    Raises:
        AwsError: It cannot be downloaded, or is not the one that runs.
    """
    function = deployed.values(FUNCTION)
    if not function or function.get("package_type") == "Image":
        return b""
    location = str(function.get("location") or "")
    name = deployed.target.name
    if not location.startswith(("https://", "http://")):
        raise AwsError(f"The package of {name} cannot be downloaded: Lambda returned no address for it.")
    try:
        with urllib.request.urlopen(location, timeout=_SECONDS) as answer:  # noqa: S310 - checked above
            package = bytes(answer.read())
    except (OSError, HTTPException) as error:
        raise AwsError(f"The package of {name} cannot be downloaded: {error or type(error).__name__}.") from None
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    if digest != function["code_sha256"]:
        raise AwsError(f"The package of {name} was deployed anew during the download. Run the command again.")
    return package


def _missing(copy: Path, variant: Variant) -> dict[Path, bytes]:
    """Return the files of a copy of the module that do not exist.

    Raises:
        OutputFolderError: Another one has other content, such as for another version of the AWS provider.
    """
    files = {copy / path: content for path, content in render_variant(variant).items()}
    for path, content in files.items():
        if path.is_file() and path.read_bytes() != content:
            raise OutputFolderError(
                f"{path}: this copy of the module is another one than that of this command and its --provider. Name "
                "another directory, or pass the path of the copy as --source to call it."
            )
    return {path: content for path, content in files.items() if not path.exists()}


def _write(
    out: Path, files: Mapping[str, bytes], choices: Choices, *, variant: Variant, region: str, source: str | None
) -> list[Path]:
    """Write new files into a directory, all or none, and return those outside the module.

    A copy of the module that is there already is kept, so that several pipelines can share it. Files of it that are
    missing, such as after a run that was killed, are added.
    """
    label = writing.label(choices.name)
    copy = Path("modules") / variant.module.name
    new = {out / f"{label}.tf": writing.call(choices, source or f"./{copy.as_posix()}").encode()}
    new |= {out / name: content for name, content in files.items()}
    if not any(out.glob("*.tf")) and not any(out.glob("*.tf.json")):
        new[out / "versions.tf"] = writing.versions(variant, region).encode()
    outside = list(new)
    if source is None:
        new |= _missing(out / copy, variant)
    if present := [path for path in new if path.exists()]:
        raise OutputFolderError(
            f"{present[0]}: the file exists. Name another directory, pass another --name, or remove the file."
        )
    written: list[Path] = []
    try:
        for path, content in new.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            replace_file(path, content)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputFolderError(f"{error.filename or out}: {error.strerror}.") from None
        raise
    return outside
