"""Runs one emulator in its own environment, for :mod:`generator.local.emulator`; imports nothing of this project.

    python -I launcher.py ministack|moto SOCKET STATE

SOCKET is the descriptor of a socket that listens already, so that the emulator binds no address of its own choice.
STATE is the folder that holds all that the emulator writes. The standard input is a pipe that the parent alone holds
open: when it closes, because the parent let go or died in whatever way, this process, its Lambda workers and STATE go.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any


def main() -> None:
    """Run the emulator until the parent lets go."""
    name, descriptor, state = sys.argv[1:]
    threading.Thread(target=_end_with_parent, args=(state,), daemon=True).start()
    {"ministack": _ministack, "moto": _moto}[name](int(descriptor))


def _end_with_parent(state: str) -> None:
    # Nobody writes: reading returns when the pipe closes. Lambda workers have pipes of their own.
    os.read(0, 1)
    shutil.rmtree(state, ignore_errors=True)
    # We lead a process group, to which the Lambda workers belong.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _ministack(descriptor: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    _correct_ministack()
    _write_responses_whole()
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    # Clients keep a connection while they think; one that the server drops in between makes their next request fail.
    config.keep_alive_timeout = 75

    async def over_tls(scope: dict[str, Any], receive: Any, send: Any) -> None:
        # A queue that refuses what does not come over TLS must accept us, since nothing leaves this machine. A request
        # with the header `X-Forwarded-Proto: http` still counts as one without TLS.
        await app({**scope, "scheme": "https"} if scope["type"] == "http" else scope, receive, send)

    asyncio.run(serve(over_tls, config))


def _write_responses_whole() -> None:
    """Let the server write the head of a response together with what follows, and not before it.

    Where the processors are busy, the provider's client may give a connection up between the two, and repeat a call
    that has succeeded; a function that was created cannot be created again.
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
    """Replace what no setting of ministack changes."""
    from ministack.core import iam_actions
    from ministack.services import dynamodb_streams, lambda_svc

    def no_poller(_: Callable[[], bool]) -> Callable[[], bool]:
        # It knows no retries, no bisect and no partial responses, and would take the records before our own does.
        return lambda: False

    def with_resources(extract: Callable[..., str]) -> Callable[..., str]:
        # It looks for statements about streams on `*`, and about log groups on an ARN without the `:*` of AWS's: none
        # that names a stream or a log group as AWS wants it would allow anything.
        def extract_resource_arn(
            service: str, method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any
        ) -> str:
            api, _, operation = headers.get("x-amz-target", "").partition(".")
            if api == "DynamoDBStreams_20120810" and operation != "ListStreams":
                request = json.loads(body)
                iterator = dynamodb_streams._decode_iterator(request.get("ShardIterator", "")) or {}
                return str(request.get("StreamArn") or iterator.get("arn") or "*")
            resource = extract(service, method, path, headers, body, *rest)
            if service == "logs" and ":log-group:" in resource and "Tag" not in operation:
                return f"{resource}:log-stream:{json.loads(body).get('logStreamName', '')}"
            return resource

        return extract_resource_arn

    _replace(lambda_svc, "_poll_dynamodb_streams", no_poller)
    _replace(iam_actions, "extract_resource_arn", with_resources)


def _replace(module: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    # A version without the attribute must fail here: the replacement would do nothing.
    setattr(module, name, make(getattr(module, name)))


def _moto(descriptor: int) -> None:
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    # It would run functions in Docker. Without, it answers every invocation with the same text.
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
