"""``deploy``: moves the alias of a function to its newest version with CodeDeploy, and follows the deployment.

Terraform publishes the version and creates the deployment group (``function_deployment``). The facts about deployments
are those of the CodeDeploy API reference and of its user guide, "Deployments on an AWS Lambda compute platform".
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import click

from generator import states
from generator.arguments import AWS_OPTIONS, STATE_OPTION, Command, with_options
from generator.arn import Arn
from generator.aws import Client, Pause, aws_errors, connect, sleep, with_backoff
from generator.console import duration
from generator.errors import AwsError, DeploymentError, UsageError
from generator.parsing import ParseError, parse_json

_POLL_SECONDS: Final = 5
_ROLLBACK_POLLS: Final = 12
"""How many times a failed deployment is read again until it names its rollback: CodeDeploy creates that afterwards."""
_UNFINISHED: Final = ("Created", "Queued", "InProgress", "Baking", "Ready")
_RETRIED: Final = ("TooManyRequestsException", "ServiceException")
_OUTPUT: Final = "function_deployment"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What to deploy: the ``version`` of a function to which its alias shall point, with a group of an application.

    ``region`` is empty if it is not known.
    """

    application: str
    group: str
    function: str
    alias: str
    version: str
    region: str = ""

    def appspec(self, current: str) -> str:
        """Return the AppSpec (JSON) of a deployment that begins at the version ``current``."""
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": current,
            "TargetVersion": self.version,
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        return json.dumps({"version": "0.0", "Resources": [{self.function: resource}]})


def in_state(file: Path, application: str | None = None, region: str | None = None) -> Deployment:
    """Return the deployment that a state of Terraform, or the output of ``terraform output -json``, describes.

    Takes a file, or ``-`` for standard input, and the application and the Region, which are required if there are
    several of them.

    Raises:
        UsageError: The file holds none of these, no deployment, or several.
    """
    values = states.read(file)
    found = list(_in_resources(values)) or list(dict.fromkeys(states.outputs(values, _in_outputs)))
    if not found:
        raise UsageError(
            f"{states.named(file)} has no deployment: neither a deployment group with its alias and its function, nor "
            f"the output {_OUTPUT}. Set function_deployment = true in the profile of the module, and function_alias."
        )
    named = [each for each in found if application in (None, each.application)]
    if not named:
        names = ", ".join(sorted(each.application for each in found))
        raise UsageError(f'--application: "{application}" is not in the state. It has {names}.')
    # Outputs have no Region
    matching = [each for each in named if region in (None, each.region) or not each.region]
    if not matching:
        regions = ", ".join(sorted({each.region for each in named}))
        raise UsageError(f'--region: no deployment in the state is in "{region}". It has deployments in {regions}.')
    if len(matching) > 1:
        applications = sorted({each.application for each in matching})
        option, accepted = "--application", applications
        if len(applications) == 1:
            option, accepted = "--region", sorted({each.region for each in matching})
        raise UsageError(f"{states.named(file)} has several deployments. Set {option} to one of {', '.join(accepted)}.")
    return matching[0]


def _in_resources(state: Mapping[str, Any]) -> Iterator[Deployment]:
    """Yield the deployments of the modules in a state, each from the resources of one module."""
    modules: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for resource in states.resources(state):
        modules.setdefault(resource.module, {}).setdefault(resource.type, []).append(resource.values)
    for kinds in modules.values():
        functions = {str(each.get("function_name")): each for each in kinds.get("aws_lambda_function", ())}
        for group in kinds.get("aws_codedeploy_deployment_group", ()):
            for alias in kinds.get("aws_lambda_alias", ()):
                function = functions.get(str(alias.get("function_name")), {})
                names = (
                    group.get("app_name"), group.get("deployment_group_name"), alias.get("function_name"),
                    alias.get("name"), function.get("version"),
                )  # fmt: skip
                if deployment := _deployment(*names):
                    yield replace(deployment, region=_region(function.get("arn")))


def _region(arn: object) -> str:
    """Return the Region of an ARN, or nothing if it is none."""
    try:
        return Arn.parse(str(arn)).region
    except ValueError:
        return ""


def _in_outputs(outputs: Mapping[str, Any]) -> Deployment | None:
    """Return the deployment that outputs of the module describe, or None."""
    for each in (outputs, outputs.get(_OUTPUT)):
        if isinstance(each, Mapping) and isinstance(each.get("appspec"), str):
            properties = _properties(each["appspec"])
            names = (properties.get(name) for name in ("Name", "Alias", "TargetVersion"))
            return _deployment(each.get("application"), each.get("deployment_group"), *names)
    return None


def _deployment(*names: object) -> Deployment | None:
    """Return a deployment of an application, group, function, alias and version, or None if one of them is missing."""
    if not all(isinstance(name, str) and name for name in names):
        return None
    application, group, function, alias, version = map(str, names)
    return Deployment(application=application, group=group, function=function, alias=alias, version=version)


def _properties(appspec: object) -> Mapping[str, Any]:
    """Return the properties of the function in an AppSpec (JSON), or nothing if it has another form."""
    try:
        resource = parse_json(str(appspec))["Resources"][0]
        properties = next(iter(resource.values()))["Properties"]
    except (ParseError, LookupError, TypeError, AttributeError, StopIteration):
        return {}
    return properties if isinstance(properties, dict) else {}


@dataclass(frozen=True)
class Alias:
    """Where an alias points to: a version, and the share of the invocations that others get, in percent."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    def share(self, version: str) -> float:
        """Return the share of a version, in percent."""
        if version == self.version:
            return 100 - sum(self.weights.values())
        return self.weights.get(version, 0)


class Deployer:
    """Starts a deployment and follows it.

    Takes a function that returns the client of a service, what to deploy, and a function that waits, for tests.
    """

    def __init__(self, client: Client, deployment: Deployment, pause: Pause = sleep) -> None:
        self._codedeploy, self._lambda = client("codedeploy"), client("lambda")
        self._wanted = deployment
        self._pause = pause
        self._name = f"The alias {deployment.alias} of {deployment.function}"
        self._shown = ""
        self.id = ""

    def alias(self) -> Alias:
        """Return where the alias points to.

        Raises:
            AwsError: It cannot be read.
        """
        names = {"FunctionName": self._wanted.function, "Name": self._wanted.alias}
        what = f"{self._name} cannot be read"
        with aws_errors(what):
            answer = with_backoff(lambda: self._lambda.get_alias(**names), _RETRIED, f"{what}.", pause=self._pause)
        weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return Alias(answer["FunctionVersion"], {version: weight * 100 for version, weight in weights.items()})

    def start(self, *, ignore_alarms: bool = False) -> bool:
        """Start the deployment, or find the same one in progress. Return whether there is anything to deploy.

        Raises:
            AwsError: AWS rejected a request.
            DeploymentError: Another deployment is in progress, or the alias has weights that no deployment set.
        """
        if self._in_progress():
            click.echo(f"Deployment {self.id} to version {self._wanted.version} is in progress.")
            return True
        alias = self.alias()
        if alias.weights:
            shares = ", ".join(f"{share:g} % to version {version}" for version, share in alias.weights.items())
            raise DeploymentError(
                f"{self._name} sends {shares}, and no deployment is in progress. Remove the weights with aws lambda "
                f"update-alias --function-name {self._wanted.function} --name {self._wanted.alias} --routing-config "
                "AdditionalVersionWeights={}."
            )
        if alias.version == self._wanted.version:
            click.echo(f"Nothing to deploy: the alias {self._wanted.alias} points to version {alias.version}.")
            return False
        overridden = {"overrideAlarmConfiguration": {"enabled": False}} if ignore_alarms else {}
        with aws_errors(f"The deployment of {self._wanted.application} cannot be created"):
            answer = self._codedeploy.create_deployment(
                applicationName=self._wanted.application,
                deploymentGroupName=self._wanted.group,
                description=f"{self._wanted.alias}: version {alias.version} to {self._wanted.version}"[:256],
                revision={
                    "revisionType": "AppSpecContent",
                    "appSpecContent": {"content": self._wanted.appspec(alias.version)},
                },
                **overridden,
            )
        self.id = answer["deploymentId"]
        click.echo(
            f"Deployment {self.id}: {self._wanted.alias} of {self._wanted.function} from version {alias.version} to "
            f"{self._wanted.version}."
        )
        return True

    def _in_progress(self) -> bool:
        """Return whether this deployment is in progress already, and remember its ID."""
        with aws_errors(f"The deployments of {self._wanted.application} cannot be listed"):
            found = self._codedeploy.list_deployments(
                applicationName=self._wanted.application,
                deploymentGroupName=self._wanted.group,
                includeOnlyStatuses=list(_UNFINISHED),
            )["deployments"]
        if not found:
            return False
        # CodeDeploy runs one deployment of a group at a time
        info = self._read(found[0])
        target = _properties(((info.get("revision") or {}).get("appSpecContent") or {}).get("content"))
        to = f" to version {target['TargetVersion']}" if "TargetVersion" in target else ""
        if info.get("creator") == "codeDeployRollback":
            raise DeploymentError(f"Deployment {found[0]}, a rollback{to}, is in progress. Wait until it ends.")
        if target.get("TargetVersion") != self._wanted.version:
            raise DeploymentError(
                f"Deployment {found[0]}{to} is in progress. Wait until it ends, or stop it with "
                f"{stop_command(found[0])}."
            )
        self.id = found[0]
        return True

    def _read(self, deployment: str) -> dict[str, Any]:
        with aws_errors(f"The deployment {deployment} cannot be read"):
            return dict(self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"])

    def follow(self) -> None:
        """Print the progress of the deployment until it has ended.

        Raises:
            AwsError: AWS rejected a request.
            DeploymentError: It failed or was stopped. If it is rolled back, that has ended, too.
        """
        began = time.monotonic()
        info = self._until_end(self.id)
        if info["status"] == "Succeeded":
            click.echo(
                f"{self._name} points to version {self._wanted.version}, after {duration(time.monotonic() - began)}."
            )
            return
        rollback = self._rollback(info)
        error = info.get("errorInformation") or {}
        reason = ": ".join(text for text in (error.get("code"), str(error.get("message", "")).rstrip(".")) if text)
        verb = "was stopped" if info["status"] == "Stopped" else "failed"
        alias = self.alias()
        share = alias.share(self._wanted.version)
        rest = (
            f"still sends {share:g} % of the invocations"
            if share
            else f"points to version {alias.version}, and sends none"
        )
        failed = f" The rollback {rollback} did not succeed." if rollback else ""
        raise DeploymentError(
            f"Deployment {self.id} {verb}{f' ({reason})' if reason else ''}.{failed} "
            f"{self._name} {rest} to version {self._wanted.version}."
        )

    def _until_end(self, deployment: str) -> dict[str, Any]:
        """Wait until a deployment has ended, and return it."""
        while True:
            info = self._read(deployment)
            share = self.alias().share(self._wanted.version)
            self._print(f"{info['status']}: version {self._wanted.version} gets {share:g} % of the invocations.")
            if info["status"] not in _UNFINISHED:
                return info
            self._pause(_POLL_SECONDS, "")

    def _rollback(self, info: Mapping[str, Any]) -> str:
        """Wait until the rollback of a failed deployment has ended, and return its ID if it did not succeed."""
        for _ in range(_ROLLBACK_POLLS):
            rollback = (info.get("rollbackInfo") or {}).get("rollbackDeploymentId")
            if rollback:
                click.echo(f"Rolling back with deployment {rollback}.")
                return "" if self._until_end(rollback)["status"] == "Succeeded" else str(rollback)
            if not self.alias().share(self._wanted.version):
                break
            self._pause(_POLL_SECONDS, "")
            info = self._read(self.id)
        return ""

    def _print(self, line: str) -> None:
        if line != self._shown:
            click.echo(f"{time.strftime('%H:%M:%S')}  {line}")
        self._shown = line

    def stop(self) -> None:
        """Stop the deployment, which moves the alias back."""
        with aws_errors(f"The deployment {self.id} cannot be stopped"):
            self._codedeploy.stop_deployment(deploymentId=self.id, autoRollbackEnabled=True)


def stop_command(deployment: str) -> str:
    """Return the command that stops a deployment and moves the alias back."""
    return f"aws deploy stop-deployment --deployment-id {deployment} --auto-rollback-enabled"


@contextmanager
def _said_what_goes_on(deployer: Deployer, *, stop: bool) -> Iterator[None]:
    """Say on the way out of the ``with`` block, by an error or a signal, that the deployment goes on, or stop it."""
    try:
        yield
    except AwsError as error:
        if not deployer.id:
            raise
        raise AwsError(f"{error} Deployment {deployer.id} goes on. Run the same command again to follow it.") from error
    except (KeyboardInterrupt, SystemExit):
        if not deployer.id:
            click.echo("If a deployment was started, the same command follows it.", err=True)
        elif stop:
            deployer.stop()
            click.echo(f"Stopped deployment {deployer.id}; CodeDeploy moves the alias back.", err=True)
        else:
            click.echo(
                f"Deployment {deployer.id} goes on. Run the same command again to follow it, or stop it with "
                f"{stop_command(deployer.id)}.",
                err=True,
            )
        raise


@click.command(cls=Command)
@with_options(STATE_OPTION)
@click.option("--application", metavar="NAME", help="Application of CodeDeploy. [the only one of the state]")
@click.option("--version", "version", metavar="NUMBER", help="Version to deploy, such as an older one. [the newest]")
@click.option("--ignore-alarms", is_flag=True, help="Deploy although an alarm is in ALARM; no alarm rolls it back.")
@click.option("--stop-on-interrupt", is_flag=True, help="Stop the deployment at Ctrl-C, and move the alias back.")
@with_options(*AWS_OPTIONS)
def deploy(**options: Any) -> None:  # noqa: ANN401 - as click passes them
    """Move the alias of a function to its newest version with CodeDeploy, after terraform apply.

    Prints the progress, and waits for the end of the deployment and of its rollback. For a module that was built with
    function_deployment = true.
    """
    if not options["state"]:
        raise UsageError("--state: this option is required. Name the state, or pass - and terraform output -json.")
    wanted = in_state(options["state"], options["application"], options["region"])
    wanted = replace(wanted, version=options["version"] or wanted.version)
    if not (wanted.version.isascii() and wanted.version.isdecimal()):
        where = "--version" if options["version"] else states.named(options["state"])
        raise UsageError(
            f'{where}: the version "{wanted.version}" is not a number, as those of published versions are.'
        )
    client = connect(options["profile"], options["region"] or wanted.region or None, options["endpoint_url"])
    deployer = Deployer(client, wanted)
    with _said_what_goes_on(deployer, stop=options["stop_on_interrupt"]):
        if deployer.start(ignore_alarms=options["ignore_alarms"]):
            deployer.follow()
