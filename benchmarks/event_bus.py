"""A server on 127.0.0.1 that accepts every entry of ``PutEvents``, in a process of its own."""

import json
import multiprocessing
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_ENTRIES = 10
"""Entries of one request (AWS, PutEvents)."""

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


def variables(endpoint: str) -> dict[str, str]:
    """Return the environment that lets the publisher and boto3 send to this server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@contextmanager
def running() -> Iterator[str]:
    """Run the server and yield its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.terminate()
        server.join()
        listening.close()


def _serve(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Answer the requests of a connection with little work: http.server takes longer for a request than the clients."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while True:
        head, separator, body = received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if separator and length and len(body) >= int(length[1]):
            entries = [{"EventId": "11111111-2222-3333-4444-555555555555"}] * body.count(b'"DetailType":')
            answer = json.dumps({"FailedEntryCount": 0, "Entries": entries}).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(answer) + answer)
            received = body[int(length[1]) :]
            continue
        chunk = connection.recv(1 << 20)
        if not chunk:
            return
        received += chunk
