"""Does the server accept who sends, and does what is not needed stay unimported?"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.support.bulk_server import BulkServer, Fault, basic, sigv4
from tests.support.functions import FUNCTIONS

from .conftest import change, failed

Invoke = Callable[..., dict[str, Any]]
Environment = Callable[..., None]

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_SESSION_TOKEN": "token/+="}
BATCH = [change("INSERT", 1, "a"), change("INSERT", 2, "b")]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the credentials that Lambda gives to a function."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def accepting(service: str, **other: str) -> Callable[..., str | None]:
    """Return what accepts requests that the keys signed."""
    expected = {
        "region": "eu-west-1",
        "key": KEYS["AWS_ACCESS_KEY_ID"],
        "secret": KEYS["AWS_SECRET_ACCESS_KEY"],
        **other,
    }
    return sigv4(service, token=KEYS["AWS_SESSION_TOKEN"], **expected)


@pytest.mark.usefixtures("keys")
class TestSignature:
    """AWS Signature Version 4, checked by the server with code of its own."""

    @pytest.mark.parametrize("service", ["es", "aoss"])
    @pytest.mark.parametrize("compressed", ["true", "false"])
    def test_it_is_accepted(
        self, invoke: Invoke, server: BulkServer, environment: Environment, service: str, compressed: str
    ) -> None:
        """Of domains and of Serverless, which demands the body's hash."""
        environment(AUTH=service, GZIP=compressed)
        server.authorize = accepting(service)
        assert invoke(*BATCH) == failed()
        assert len(server.documents("orders")) == 2

    def test_it_covers_path_and_query(self, invoke: Invoke, server: BulkServer, environment: Environment) -> None:
        """Characters that have to be quoted are quoted as the server does."""
        environment(AUTH="es", PIPELINE="stamp & sign/ü", INDEX="{table}~1=ä")
        server.cluster.pipelines["stamp & sign/ü"] = lambda document, _: document
        server.authorize = accepting("es")
        assert invoke(*BATCH) == failed()
        assert len(server.documents("orders~1=ä")) == 2

    @pytest.mark.parametrize("wrong", [{"secret": "other"}, {"key": "AKIDOTHER"}, {"region": "us-east-1"}])
    def test_another_is_refused(
        self, invoke: Invoke, server: BulkServer, environment: Environment, wrong: dict[str, str]
    ) -> None:
        """The server of these tests does look."""
        environment(AUTH="es")
        server.authorize = accepting("es", **wrong)
        with pytest.raises(Exception, match="HTTP 403"):
            invoke(*BATCH)

    def test_the_other_service_is_refused(self, invoke: Invoke, server: BulkServer, environment: Environment) -> None:
        """A domain does not accept what is signed for Serverless."""
        environment(AUTH="aoss")
        server.authorize = accepting("es")
        with pytest.raises(Exception, match="HTTP 403"):
            invoke(*BATCH)

    def test_credentials_of_a_container_are_found(
        self, invoke: Invoke, server: BulkServer, environment: Environment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With SnapStart, Lambda gives an address instead of keys."""
        given = {"AccessKeyId": "AKIDSNAP", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}
        with answering(lambda _: given) as url:
            for name in KEYS:
                monkeypatch.delenv(name)
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
            environment(AUTH="es")
            server.authorize = sigv4("es", "eu-west-1", "AKIDSNAP", "s", "t")
            assert invoke(*BATCH) == failed()


class answering:  # noqa: N801 - reads as what it does
    """A server that answers every request with the JSON that a function makes of the request's body."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                content = json.dumps(answer(json.loads(body or b"null"))).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815 - the name that http.server wants

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._http = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
        return f"http://127.0.0.1:{self._http.server_port}"

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class TestPassword:
    """HTTP basic authorization."""

    def test_from_variables(self, invoke: Invoke, server: BulkServer, environment: Environment) -> None:
        """A name and a password, in UTF-8."""
        environment(AUTH="basic", USERNAME="indexer", PASSWORD="pä:ss")  # noqa: S106 - none that anybody has
        server.authorize = basic("indexer", "pä:ss")
        assert invoke(*BATCH) == failed()

    def test_a_wrong_one_fails_the_batch(self, invoke: Invoke, server: BulkServer, environment: Environment) -> None:
        """And is not shown."""
        environment(AUTH="basic", USERNAME="indexer", PASSWORD="wrong")  # noqa: S106 - as above
        server.authorize = basic("indexer", "right")
        with pytest.raises(Exception, match="HTTP 401") as error:
            invoke(*BATCH)
        assert "wrong" not in str(error.value)


@pytest.mark.usefixtures("keys")
class TestSecret:
    """A password in Secrets Manager."""

    @pytest.fixture
    def secrets(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """Return the contents of the secret, of which the last is current, and let the function read it."""
        contents: list[str] = []
        with answering(lambda asked: {"ARN": asked["SecretId"], "SecretString": contents[-1]}) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", url)
            yield contents

    @pytest.fixture
    def configured(self, server: BulkServer, environment: Environment, secrets: list[str]) -> list[str]:
        """Let the server want the password ``first``, and the function read it from the secret."""
        environment(AUTH="basic", SECRET_ARN="arn:aws:secretsmanager:eu-west-1:1:secret:x")  # noqa: S106 - no password
        server.authorize = basic("indexer", "first")
        secrets.append('{"username":"indexer","password":"first"}')
        return secrets

    def test_it_is_read(self, invoke: Invoke, configured: list[str]) -> None:
        """The documents arrive."""
        assert configured
        assert invoke(*BATCH) == failed()

    def test_it_is_read_once(self, invoke: Invoke, configured: list[str]) -> None:
        """Secrets Manager charges for each call, and takes longer than the request."""
        invoke(*BATCH)
        configured.append('{"username":"indexer","password":"never read"}')
        assert invoke(*BATCH) == failed()

    def test_it_is_read_again_when_it_was_rotated(
        self, invoke: Invoke, server: BulkServer, configured: list[str]
    ) -> None:
        """The server refuses the old one; no batch fails for that."""
        invoke(*BATCH)
        configured.append('{"username":"indexer","password":"second"}')
        server.authorize = basic("indexer", "second")
        assert invoke(*BATCH) == failed()

    @pytest.mark.slow
    def test_a_second_request_has_no_time_of_its_own(
        self, invoke: Invoke, server: BulkServer, configured: list[str]
    ) -> None:
        """The limit is that of both together."""
        invoke(*BATCH)
        assert configured
        server.authorize = None
        server.faults += [Fault(seconds=0.5, status=401), Fault(seconds=0.7)]
        with pytest.raises(Exception, match="does not answer: timed out"):
            invoke(*BATCH, left=1_300)

    @pytest.mark.parametrize("content", ["first", "{}", '{"username":"indexer"}', "[]", '"text"', ""])
    def test_one_without_name_and_password_is_refused(
        self, invoke: Invoke, configured: list[str], content: str
    ) -> None:
        """The message names the secret and not its content."""
        configured.append(content)
        reason = (
            r"^The secret arn:aws:secretsmanager:eu-west-1:1:secret:x \(INDEXER_SECRET_ARN\) must be JSON with "
            r'"username" and "password"\.$'
        )
        with pytest.raises(ValueError, match=reason):
            invoke(*BATCH)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """A cold start without AWS authorization pays for no AWS library, and one with a signature not for boto3."""
    code = "import sys, handler; print(sorted({'boto3', 'botocore', 'email.parser', 'inspect'} & set(sys.modules)))"
    # Without the variable by which coverage measures subprocesses, and imports into them
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=FUNCTIONS / "opensearch_indexer",
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['email.parser']\n"
