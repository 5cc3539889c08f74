"""Runs an emulator in its own environment, for :mod:`generator.local.emulator`. It imports no part of this project.

    python -I emulator_main.py ministack|moto SOCKET STATE

SOCKET is the descriptor of a listening socket, and STATE the directory for the files of the emulator. The standard
input is a pipe of the parent process. When it is closed, also because the parent was killed, this process ends, kills
its Lambda workers and removes STATE.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from types import ModuleType
from typing import Any

_REMEMBERED = 1000
"""Requests whose responses are kept in case that they are repeated."""


def main() -> None:
    """Run the emulator until the standard input is closed."""
    name, descriptor, state = sys.argv[1:]
    threading.Thread(target=_end_with_parent, args=(state,), daemon=True).start()
    {"ministack": _ministack, "moto": _moto}[name](int(descriptor))


def _end_with_parent(state: str) -> None:
    # The parent writes nothing: read returns when the pipe is closed. Lambda workers have their own pipes.
    os.read(0, 1)
    shutil.rmtree(state, ignore_errors=True)
    # The Lambda workers belong to the process group of this process.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _ministack(descriptor: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    _correct_ministack()
    _keep_recovery_period()
    _correct_options()
    _change_keys_of_log_groups()
    _read_streams_of_other_accounts()
    _return_warm_throughput()
    _keep_maximums()
    _write_responses_whole()
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    # A client reuses its connection after a pause; if the server has closed it, the next request fails.
    config.keep_alive_timeout = 75

    async def over_tls(scope: dict[str, Any], receive: Any, send: Any) -> None:
        # Queues that require TLS accept these requests, which do not leave the machine. A request with the header
        # `X-Forwarded-Proto: http` still counts as one without TLS.
        await app({**scope, "scheme": "https"} if scope["type"] == "http" else scope, receive, send)

    asyncio.run(serve(_answer_once(over_tls), config))


def _answer_once(app: Callable[..., Any]) -> Callable[..., Any]:
    """Return an application that answers a repeated attempt of a successful request with the same response.

    A client that loses a response repeats the request, and to create something again is an error. All attempts of a
    request have the same ID in a header (seen with provider 5.100; botocore sends it as well).
    """
    earlier: OrderedDict[bytes, asyncio.Future[list[dict[str, Any]]]] = OrderedDict()

    async def once(scope: dict[str, Any], receive: Any, send: Any) -> None:
        identifier = dict(scope.get("headers", ())).get(b"amz-sdk-invocation-id")
        if identifier is None or scope["method"] == "GET":
            await app(scope, receive, send)
            return
        for message in await earlier[identifier] if identifier in earlier else ():
            await send(message)
        if identifier in earlier:
            return
        response: list[dict[str, Any]] = []

        async def keep(message: dict[str, Any]) -> None:
            response.append(message)
            await send(message)

        answered = earlier[identifier] = asyncio.get_running_loop().create_future()
        try:
            await app(scope, receive, keep)
        finally:
            if not response or response[0]["status"] >= HTTPStatus.MULTIPLE_CHOICES:
                earlier.pop(identifier, None)
                response = []
            answered.set_result(response)
            if len(earlier) > _REMEMBERED:
                earlier.popitem(last=False)

    return once


def _write_responses_whole() -> None:
    """Change the server to write the head of a response together with its body.

    On a busy machine, the client of the provider can time out between the two and repeat a call that has succeeded,
    for example the creation of a function, which fails then.
    """
    import h11
    from hypercorn.events import RawData
    from hypercorn.protocol.h11 import H11Protocol

    heads: weakref.WeakKeyDictionary[H11Protocol, bytes] = weakref.WeakKeyDictionary()

    def whole(_: Any) -> Any:
        async def send(self: H11Protocol, event: Any) -> None:
            try:
                content = heads.pop(self, b"") + (self.connection.send(event) or b"")
            except h11.LocalProtocolError:
                if self.connection.their_state is h11.ERROR:
                    return
                raise
            if isinstance(event, h11.Response):
                heads[self] = content
            else:
                await self.send(RawData(data=content))

        return send

    _replace(H11Protocol, "_send_h11_event", whole)


def _correct_ministack() -> None:
    """Replace behavior that no setting of ministack changes."""
    from ministack.core import iam_actions
    from ministack.services import lambda_svc

    def no_poller(_: Callable[[], bool]) -> Callable[[], bool]:
        # It ignores retries, bisect and partial batch responses, and it would read the records too.
        return lambda: False

    def with_resources(extract: Callable[..., str]) -> Callable[..., str]:
        # It compares statements about streams with `*`, and those about log groups with an ARN without `:*`.
        # Statements with the ARNs that AWS requires would allow nothing.
        def extract_resource_arn(
            service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
        ) -> str:
            api, _, operation = headers.get("x-amz-target", "").partition(".")
            if api == "DynamoDBStreams_20120810" and operation != "ListStreams":
                return _stream_of(body) or "*"
            resource = extract(service, method, path, headers, body, *rest)
            if service == "logs" and ":log-group:" in resource and "Tag" not in operation:
                return f"{resource}:log-stream:{json.loads(body).get('logStreamName', '')}"
            return resource

        return extract_resource_arn

    _replace(lambda_svc, "_poll_dynamodb_streams", no_poller)
    _replace(iam_actions, "extract_resource_arn", with_resources)


def _stream_of(body: bytes) -> str:
    """Return the ARN of the stream that a request of DynamoDB Streams is about, or nothing."""
    from ministack.services import dynamodb_streams

    request = json.loads(body)
    iterator = dynamodb_streams._decode_iterator(request.get("ShardIterator", "")) or {}
    return str(request.get("StreamArn") or iterator.get("arn") or "")


def _read_streams_of_other_accounts() -> None:
    """Serve a stream to another account if it has a policy, which is evaluated if policies are enforced."""
    from ministack.core import iam_evaluator, responses
    from ministack.services import dynamodb, dynamodb_streams, lambda_svc

    def policy_of_stream(arn: str) -> tuple[str, str] | None:
        source = dynamodb_streams._stream_source(arn)
        if source is None:
            return None
        account = source[0].account_id
        with responses.request_scope(account, source[0].region):
            return dynamodb._resource_policies.get(arn, {}).get("Policy", ""), account

    def account_to_use(arn: str) -> Any:
        policy, account = policy_of_stream(arn) or ("", "")
        return responses.request_scope(account if policy else responses.get_account_id(), responses.get_region())

    def for_other_accounts(handle: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> Any:
            with account_to_use(_stream_of(body)):
                return await handle(method, path, headers, body, *rest)

        return handle_request

    def with_other_accounts(validate: Callable[[str], Any]) -> Callable[[str], Any]:
        def validate_event_source_arn(arn: str) -> Any:
            with account_to_use(arn):
                return validate(arn)

        return validate_event_source_arn

    # ministack evaluates the policies of these services alone.
    dynamodb_streams.policy_for_arn = policy_of_stream
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["dynamodbstreams"] = ("dynamodb_streams", "policy_for_arn")
    _replace(dynamodb_streams, "handle_request", for_other_accounts)
    _replace(lambda_svc, "_validate_event_source_arn", with_other_accounts)


def _return_warm_throughput() -> None:
    """Return the warm throughput of indexes, too: provider 6.13 and later wait until that of a table is active."""
    from ministack.services import dynamodb

    def with_warm_throughput(describe: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
        def table_description(name: str) -> dict[str, Any]:
            description = describe(name)
            # What AWS documents for a new table or index in on-demand mode
            warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}
            parts = [description, *description.get("GlobalSecondaryIndexes", [])]
            given = [{name: value for name, value in part.get("WarmThroughput", {}).items() if value} for part in parts]
            indexes = [{**part, "WarmThroughput": warm | own} for part, own in zip(parts, given, strict=True)]
            return indexes[0] | ({"GlobalSecondaryIndexes": indexes[1:]} if indexes[1:] else {})

        return table_description

    _replace(dynamodb, "_table_description", with_warm_throughput)


def _keep_maximums() -> None:
    """Keep the on-demand maximums of a table and of its indexes as AWS does, which returns none that -1 has removed.

    Seen on AWS by others (go-to-k/cdkd #1433, #1434): a request with one maximum leaves the other one as it is, and a
    table or an index without a maximum has no OnDemandThroughput.
    """
    from ministack.services import dynamodb

    def keep(part: dict[str, Any], before: dict[str, int], given: dict[str, int] | None) -> None:
        maximums = {name: units for name, units in {**before, **(given or {})}.items() if units != -1}
        part.pop("OnDemandThroughput", None)
        part.update({"OnDemandThroughput": maximums} if maximums else {})

    def keeping(change: Callable[..., Any]) -> Callable[..., Any]:
        def change_table(data: dict[str, Any]) -> Any:
            name = dynamodb._normalize_table_name(data.get("TableName"))
            table = dynamodb._tables.get(name, {})
            maximums = dict(table.get("OnDemandThroughput", {}))
            response = change(data)
            if name in dynamodb._tables:
                table = dynamodb._tables[name]
                keep(table, maximums, data.get("OnDemandThroughput"))
                updates = [update.get("Update", {}) for update in data.get("GlobalSecondaryIndexUpdates", ())]
                given = {update.get("IndexName"): update.get("OnDemandThroughput") for update in updates}
                for index in table.get("GlobalSecondaryIndexes", ()):
                    keep(index, index.get("OnDemandThroughput", {}), given.get(index["IndexName"]))
            return response

        return change_table

    _replace(dynamodb, "_create_table", keeping)
    _replace(dynamodb, "_update_table", keeping)


def _keep_recovery_period() -> None:
    """Keep the recovery period of a table, which ministack drops: a plan would always differ."""
    from ministack.services import dynamodb

    def with_recovery_period(update: Callable[..., Any]) -> Callable[..., Any]:
        def update_continuous_backups(data: dict[str, Any]) -> Any:
            response = update(data)
            name = dynamodb._normalize_table_name(data.get("TableName"))
            if dynamodb._pitr_settings.get(name):
                days = data["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays", 35)
                dynamodb._pitr_settings[name] = days
            return response

        return update_continuous_backups

    def returning_recovery_period(describe: Callable[..., Any]) -> Callable[..., Any]:
        def describe_continuous_backups(data: dict[str, Any]) -> Any:
            status, headers, body = describe(data)
            days = dynamodb._pitr_settings.get(dynamodb._normalize_table_name(data.get("TableName")))
            if days:
                found = json.loads(body)
                found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["RecoveryPeriodInDays"] = days
                body = json.dumps(found).encode()
            return status, headers, body

        return describe_continuous_backups

    _replace(dynamodb, "_update_continuous_backups", with_recovery_period)
    _replace(dynamodb, "_describe_continuous_backups", returning_recovery_period)


def _correct_options() -> None:
    """Keep options of mappings that ministack drops, and drop what is emptied: a plan would always differ."""
    from ministack.services import lambda_svc

    def correct(mapping: dict[str, Any] | None, data: dict[str, Any]) -> None:
        if mapping is not None:
            options = ("TumblingWindowInSeconds", "MetricsConfig", "KMSKeyArn")
            mapping.update({name: data[name] for name in options if name in data})
            _drop_empty(mapping, "FilterCriteria", "MetricsConfig")

    def correcting_created(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_esm(data: dict[str, Any]) -> Any:
            response = create(data)
            correct(lambda_svc._esms.get(json.loads(response[2]).get("UUID")), data)
            return response

        return create_esm

    def correcting_updated(update: Callable[..., Any]) -> Callable[..., Any]:
        def update_esm(identifier: str, data: dict[str, Any]) -> Any:
            response = update(identifier, data)
            correct(lambda_svc._esms.get(identifier), data)
            return response

        return update_esm

    def correcting_function(update: Callable[..., Any]) -> Callable[..., Any]:
        def update_config(name: str, data: dict[str, Any]) -> Any:
            response = update(name, data)
            if name in lambda_svc._functions:
                _drop_empty(lambda_svc._functions[name]["config"], "DeadLetterConfig", "Environment")
            return response

        return update_config

    _replace(lambda_svc, "_create_esm", correcting_created)
    _replace(lambda_svc, "_update_esm", correcting_updated)
    _replace(lambda_svc, "_update_config", correcting_function)


def _drop_empty(values: dict[str, Any], *names: str) -> None:
    for name in names:
        if name in values and not any((values[name] or {}).values()):
            del values[name]


def _change_keys_of_log_groups() -> None:
    """Add the 2 operations with which the provider changes the key of a log group."""
    from ministack.services import cloudwatch_logs

    def with_keys(handle: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(
            method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
        ) -> Any:
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            if operation not in ("AssociateKmsKey", "DisassociateKmsKey"):
                return await handle(method, path, headers, body, query_params)
            request = json.loads(body)
            cloudwatch_logs._log_groups[request["logGroupName"]]["kmsKeyId"] = request.get("kmsKeyId")
            return cloudwatch_logs.json_response({})

        return handle_request

    _replace(cloudwatch_logs, "handle_request", with_keys)


def _replace(module: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    # Fails if a version does not have the attribute: the replacement would have no effect.
    setattr(module, name, make(getattr(module, name)))


def _moto(descriptor: int) -> None:
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    # Without Docker, it returns the same text for all invocations.
    default_user_config["lambda"]["use_docker"] = False
    make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=descriptor,
    ).serve_forever()


main()
