"""A server that answers as CodeDeploy does for Lambda: no emulator does (see tests/local/differences.py).

Requests and answers are validated with the service model of botocore. What they mean is that of the API reference, and
of the user guide ("Deployments on an AWS Lambda compute platform", "Monitoring deployments with CloudWatch alarms"). A
deployment takes its next step whenever it is read, instead of after an interval.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

_MODEL = ServiceModel(Loader().load_service_model("codedeploy", "service-2"), "codedeploy")
_UNFINISHED = {"Created", "Queued", "InProgress", "Baking", "Ready"}
_ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_CREATED = 1_800_000_000.0

Answer = dict[str, Any]


class Rejected(Exception):  # noqa: N818 - as the answer is called
    """The service rejects a request, with the code of an error of its model."""


class Aliases(Protocol):
    """Where the aliases of functions are."""

    def read(self, function: str, alias: str) -> tuple[str, dict[str, float]]:
        """Return the version of an alias, and the weights of others."""

    def write(self, function: str, alias: str, version: str, weights: Mapping[str, float]) -> None:
        """Change an alias."""


@dataclass
class Memory:
    """Aliases in memory, by function and name."""

    aliases: dict[tuple[str, str], tuple[str, dict[str, float]]] = field(default_factory=dict)

    def read(self, function: str, alias: str) -> tuple[str, dict[str, float]]:
        return self.aliases[function, alias]

    def write(self, function: str, alias: str, version: str, weights: Mapping[str, float]) -> None:
        self.aliases[function, alias] = (version, dict(weights))


@dataclass
class InLambda:
    """Aliases of a Lambda with a client of boto3."""

    client: Any

    def read(self, function: str, alias: str) -> tuple[str, dict[str, float]]:
        answer = self.client.get_alias(FunctionName=function, Name=alias)
        return answer["FunctionVersion"], (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}

    def write(self, function: str, alias: str, version: str, weights: Mapping[str, float]) -> None:
        self.client.update_alias(
            FunctionName=function,
            Name=alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": dict(weights)},
        )


@dataclass
class CodeDeploy:
    """The service. A deployment to a version in ``alarming`` is stopped by an alarm of its group after its first shift.

    ``paused`` keeps deployments where they are, and ``requests`` are the operations that were called.
    """

    aliases: Aliases
    alarming: set[str] = field(default_factory=set)
    paused: bool = False
    late_rollback: int = 0
    requests: list[tuple[str, Answer]] = field(default_factory=list)
    applications: dict[str, Answer] = field(default_factory=dict)
    groups: dict[tuple[str, str], Answer] = field(default_factory=dict)
    configurations: dict[str, Answer] = field(default_factory=dict)
    deployments: dict[str, Answer] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def call(self, operation: str, request: Answer) -> Answer:
        """Return the answer to a request.

        Raises:
            Rejected: The service rejects it, or has no such operation.
        """
        handler: Callable[..., Answer | None] | None = getattr(self, f"_{_snake(operation)}", None)
        if handler is None or operation not in _MODEL.operation_names:
            raise Rejected("UnknownOperationException", operation)
        model = _MODEL.operation_model(operation)
        report = ParamValidator().validate(request, model.input_shape)
        if report.has_errors():
            raise Rejected("ValidationException", report.generate_report())
        with self.lock:
            self.requests.append((operation, request))
            answer = handler(**{_snake(name): value for name, value in request.items()}) or {}
        if model.output_shape:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return answer

    # --- what Terraform manages ---------------------------------------------------------------------------------------

    def _create_application(self, application_name: str, compute_platform: str, tags: Sequence[Answer] = ()) -> Answer:
        if application_name in self.applications:
            raise Rejected("ApplicationAlreadyExistsException", application_name)
        info = {
            "applicationId": str(uuid.uuid4()), "applicationName": application_name,
            "computePlatform": compute_platform,
            "createTime": _CREATED, "linkedToGitHub": False,
        }  # fmt: skip
        self.applications[application_name] = info
        self.tags[f"application:{application_name}"] = {one["Key"]: one["Value"] for one in tags}
        return {"applicationId": info["applicationId"]}

    def _get_application(self, application_name: str) -> Answer:
        return {"application": self._application(application_name)}

    def _application(self, name: str) -> Answer:
        if name not in self.applications:
            raise Rejected("ApplicationDoesNotExistException", f"No application found for name: {name}")
        return self.applications[name]

    def _delete_application(self, application_name: str) -> None:
        self.applications.pop(application_name, None)
        self.groups = {key: group for key, group in self.groups.items() if key[0] != application_name}

    def _create_deployment_config(self, deployment_config_name: str, **more: object) -> Answer:
        if deployment_config_name in self.configurations:
            raise Rejected("DeploymentConfigAlreadyExistsException", deployment_config_name)
        identifier = str(uuid.uuid4())
        self.configurations[deployment_config_name] = {
            "deploymentConfigId": identifier, "deploymentConfigName": deployment_config_name, "createTime": _CREATED,
            **_named(more),
        }  # fmt: skip
        return {"deploymentConfigId": identifier}

    def _get_deployment_config(self, deployment_config_name: str) -> Answer:
        if deployment_config_name not in self.configurations:
            raise Rejected("DeploymentConfigDoesNotExistException", deployment_config_name)
        return {"deploymentConfigInfo": self.configurations[deployment_config_name]}

    def _delete_deployment_config(self, deployment_config_name: str) -> None:
        if any(group["deploymentConfigName"] == deployment_config_name for group in self.groups.values()):
            raise Rejected("DeploymentConfigInUseException", deployment_config_name)
        self.configurations.pop(deployment_config_name, None)

    def _create_deployment_group(
        self,
        application_name: str,
        deployment_group_name: str,
        deployment_config_name: str,
        tags: Sequence[Answer] = (),
        **more: object,
    ) -> Answer:
        self._application(application_name)
        if not deployment_config_name.startswith("CodeDeployDefault."):
            self._get_deployment_config(deployment_config_name)
        identifier = str(uuid.uuid4())
        self.groups[application_name, deployment_group_name] = {
            "applicationName": application_name, "deploymentGroupId": identifier, "computePlatform": "Lambda",
            "deploymentGroupName": deployment_group_name, "deploymentConfigName": deployment_config_name,
            **_named(more),
        }  # fmt: skip
        self.tags[f"deploymentgroup:{application_name}/{deployment_group_name}"] = {
            one["Key"]: one["Value"] for one in tags
        }
        return {"deploymentGroupId": identifier}

    def _get_deployment_group(self, application_name: str, deployment_group_name: str) -> Answer:
        return {"deploymentGroupInfo": self._group(application_name, deployment_group_name)}

    def _group(self, application: str, name: str) -> Answer:
        self._application(application)
        if (application, name) not in self.groups:
            raise Rejected("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return self.groups[application, name]

    def _update_deployment_group(
        self,
        application_name: str,
        current_deployment_group_name: str,
        new_deployment_group_name: str = "",
        **more: object,
    ) -> Answer:
        assert new_deployment_group_name in ("", current_deployment_group_name)
        self._group(application_name, current_deployment_group_name).update(_named(more))
        return {"hooksNotCleanedUp": []}

    def _delete_deployment_group(self, application_name: str, deployment_group_name: str) -> Answer:
        self.groups.pop((application_name, deployment_group_name), None)
        return {"hooksNotCleanedUp": []}

    def _list_tags_for_resource(self, resource_arn: str) -> Answer:
        tags = self.tags.get(resource_arn.split(":", 5)[5], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tag_resource(self, resource_arn: str, tags: Sequence[Answer]) -> None:
        self.tags.setdefault(resource_arn.split(":", 5)[5], {}).update({one["Key"]: one["Value"] for one in tags})

    # --- deployments --------------------------------------------------------------------------------------------------

    def _create_deployment(
        self,
        application_name: str,
        deployment_group_name: str,
        revision: Answer,
        description: str = "",
        **more: object,
    ) -> Answer:
        group = self._group(application_name, deployment_group_name)
        if any(one["status"] in _UNFINISHED for one in self._of(application_name, deployment_group_name)):
            raise Rejected("DeploymentLimitExceededException", "The deployment group has a deployment in progress")
        try:
            ((resource,),) = json.loads(revision["appSpecContent"]["content"])["Resources"]
        except (ValueError, KeyError, TypeError) as error:
            raise Rejected("InvalidRevisionException", str(error)) from error
        del resource
        return {"deploymentId": self._add(group, revision, "user", description=description, **more)}

    def _add(self, group: Answer, revision: Answer, creator: str, **more: object) -> str:
        identifier = f"d-{len(self.deployments) + 1:09d}"
        self.deployments[identifier] = {
            "applicationName": group["applicationName"], "deploymentGroupName": group["deploymentGroupName"],
            "deploymentConfigName": group["deploymentConfigName"], "deploymentId": identifier, "revision": revision,
            "status": "Created", "creator": creator, "createTime": _CREATED, "computePlatform": "Lambda",
            **_named(more),
        }  # fmt: skip
        return identifier

    def _of(self, application: str, group: str) -> list[Answer]:
        return [
            one
            for one in self.deployments.values()
            if (one["applicationName"], one["deploymentGroupName"]) == (application, group)
        ]

    def _list_deployments(
        self,
        application_name: str,
        deployment_group_name: str,
        include_only_statuses: Sequence[str] = (),
    ) -> Answer:
        self._group(application_name, deployment_group_name)
        found = self._of(application_name, deployment_group_name)
        return {
            "deployments": [
                one["deploymentId"]
                for one in found
                if not include_only_statuses or one["status"] in include_only_statuses
            ]
        }

    def _get_deployment(self, deployment_id: str) -> Answer:
        deployment = self._deployment(deployment_id)
        if deployment["status"] in _UNFINISHED and not self.paused:
            self._step(deployment)
        elif deployment["status"] == "Stopped" and "rollbackInfo" not in deployment:
            self.late_rollback -= 1
            if self.late_rollback < 0:
                self._roll_back(deployment)
        return {"deploymentInfo": deployment}

    def _deployment(self, identifier: str) -> Answer:
        if identifier not in self.deployments:
            raise Rejected("DeploymentDoesNotExistException", f"The deployment {identifier} could not be found")
        return self.deployments[identifier]

    def _stop_deployment(self, deployment_id: str, auto_rollback_enabled: bool = False) -> Answer:  # noqa: FBT001, FBT002
        deployment = self._deployment(deployment_id)
        if deployment["status"] not in _UNFINISHED:
            raise Rejected("DeploymentAlreadyCompletedException", deployment_id)
        self._stop(deployment, "MANUAL_STOP", "The deployment was stopped by a user.", roll_back=auto_rollback_enabled)
        return {"status": "Succeeded", "statusMessage": "No more commands will be scheduled for execution"}

    def _step(self, deployment: Answer) -> None:
        """Take the next step: the first shift, the others, and the end."""
        name, alias, current, target = versions(deployment)
        if deployment["creator"] == "codeDeployRollback":
            self.aliases.write(name, alias, target, {})
            deployment["status"] = "Succeeded"
            return
        version, weights = self.aliases.read(name, alias)
        if deployment["status"] == "Created":
            if version != current:
                self._stop(
                    deployment, "INVALID_LAMBDA_CONFIGURATION", f"{alias} points to version {version}.", roll_back=False
                )
                deployment["status"] = "Failed"
                return
            deployment["status"] = "InProgress"
        elif self._alarmed(deployment, target):
            self._stop(deployment, "ALARM_ACTIVE", "One or more alarms have been activated.", roll_back=True)
            return
        first, more = self._steps(deployment["deploymentConfigName"])
        share = min(1.0, round(weights[target] + more, 4) if target in weights else first)
        if share < 1:
            self.aliases.write(name, alias, current, {target: share})
        else:
            self.aliases.write(name, alias, target, {})
            if first == 1 or target in weights:
                deployment["status"] = "Succeeded"

    def _steps(self, configuration: str) -> tuple[float, float]:
        """Return the share of the first shift, and that of each following one."""
        if configuration == _ALL_AT_ONCE:
            return 1, 0
        if configuration in self.configurations:
            routing = self.configurations[configuration]["trafficRoutingConfig"]
            if routing["type"] == "TimeBasedCanary":
                return routing["timeBasedCanary"]["canaryPercentage"] / 100, 1
            share = routing["timeBasedLinear"]["linearPercentage"] / 100
            return share, share
        return (0.1, 1) if "Canary" in configuration else (0.1, 0.1)

    def _alarmed(self, deployment: Answer, target: str) -> bool:
        group = self.groups[deployment["applicationName"], deployment["deploymentGroupName"]]
        alarms = deployment.get("overrideAlarmConfiguration") or group.get("alarmConfiguration") or {}
        return bool(alarms.get("enabled")) and target in self.alarming

    def _stop(self, deployment: Answer, code: str, message: str, *, roll_back: bool) -> None:
        deployment.update(status="Stopped", errorInformation={"code": code, "message": message})
        if not roll_back:
            deployment["rollbackInfo"] = {"rollbackMessage": "Not rolled back"}
        elif not self.late_rollback:
            self._roll_back(deployment)

    def _roll_back(self, deployment: Answer) -> None:
        """Create the deployment that moves the alias back to where it pointed."""
        name, alias, current, target = versions(deployment)
        content = appspec(name, alias, target, current)
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        group = self.groups[deployment["applicationName"], deployment["deploymentGroupName"]]
        info = {"rollbackTriggeringDeploymentId": deployment["deploymentId"]}
        identifier = self._add(group, revision, "codeDeployRollback", rollbackInfo=info)
        deployment["rollbackInfo"] = {"rollbackDeploymentId": identifier}


def appspec(name: str, alias: str, current: str, target: str) -> str:
    """Return an AppSpec for Lambda (user guide, "AppSpec 'resources' section")."""
    properties = {"Name": name, "Alias": alias, "CurrentVersion": current, "TargetVersion": target}
    return json.dumps(
        {"version": "0.0", "Resources": [{name: {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    )


def versions(deployment: Answer) -> tuple[str, str, str, str]:
    """Return the function, the alias, the current and the target version of a deployment."""
    document = json.loads(deployment["revision"]["appSpecContent"]["content"])
    ((resource,),) = (one.values() for one in document["Resources"])
    assert resource["Type"] == "AWS::Lambda::Function"
    name, alias, current, target = (
        resource["Properties"][one] for one in ("Name", "Alias", "CurrentVersion", "TargetVersion")
    )
    return name, alias, current, target


def _named(values: Mapping[str, object]) -> Answer:
    """Return values by the names of parameters, of which ``_snake`` made these."""
    return {re.sub("_(.)", lambda found: found[1].upper(), name): value for name, value in values.items()}


def _snake(name: str) -> str:
    """Return the name of an operation or of a parameter as it is here."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@contextmanager
def serving(service: CodeDeploy) -> Iterator[str]:
    """Serve a CodeDeploy on a port of the loopback interface, and yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            try:
                status, answer = 200, service.call(operation, json.loads(body or b"{}"))
            except Rejected as error:
                status, answer = 400, {"__type": error.args[0], "message": error.args[1]}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
