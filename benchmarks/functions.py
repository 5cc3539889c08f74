"""The functions of lambda_src beside the libraries that do the same, in the environment .venvs/functions."""

import compileall
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import event_bus
from benchmarks.measuring import TOP, Result, least, wall
from tests.opensearch import nodes

FUNCTIONS = TOP / "lambda_src"
PYTHON = TOP / ".venvs" / "functions" / "bin" / "python"
NODE = "2.19.6"
POWERTOOLS = (
    "from aws_lambda_powertools.utilities.batch import BatchProcessor; "
    "from aws_lambda_powertools.shared.dynamodb_deserializer import TypeDeserializer"
)
FIRST_RECORD = "import json, sys, handler; print(handler.handler(json.loads(sys.argv[1]), None))"
FIRST_ENTRY = "import boto3, json, sys; print(boto3.client('events').put_events(Entries=[json.loads(sys.argv[1])]))"
RECORD = {
    "eventID": "1",
    "eventName": "REMOVE",
    "eventSource": "aws:dynamodb",
    "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000",
    "dynamodb": {"Keys": {"id": {"S": "1"}}, "SequenceNumber": "1"},
}
ENTRY = {"Source": "dynamodb.orders", "DetailType": "REMOVE", "Detail": "{}"}


def imports(repeat: int) -> list[Result]:
    """Compare what importing each function adds to a bare interpreter, everything compiled, with powertools."""
    compileall.compile_dir(FUNCTIONS, quiet=1)
    python = str(PYTHON)
    folders = [FUNCTIONS / "stream_handler", FUNCTIONS / "opensearch_indexer"]
    node = FUNCTIONS / "stream_handler_node"
    bare, powertools, *ours, bare_node, with_node = least(
        5 * repeat,
        lambda: wall(python, "-c", ""),
        lambda: wall(python, "-c", POWERTOOLS),
        *[lambda folder=folder: wall(python, "-c", "import handler", folder=folder) for folder in folders],
        lambda: wall("node", "--input-type=module", "-e", "", folder=node),
        lambda: wall("node", "--input-type=module", "-e", "import './index.mjs'", folder=node),
    )
    seconds = [*(each - bare for each in ours), with_node - bare_node]
    return [
        Result(
            what=f"import of {folder.name} / of powertools' batch",
            measured=each,
            baseline=powertools - bare,
            limit=0.5,
        )
        for folder, each in zip([*folders, node], seconds, strict=True)
    ]


def first_request(repeat: int) -> list[Result]:
    """Compare a new process of the publisher up to the answer to its first request with boto3's events client."""
    compileall.compile_dir(FUNCTIONS, quiet=1)
    python, folder = str(PYTHON), FUNCTIONS / "eventbridge_publisher"
    event, entry = json.dumps({"Records": [RECORD]}), json.dumps(ENTRY)
    with event_bus.running() as endpoint:
        environment = {**os.environ, **event_bus.variables(endpoint)}
        bare, ours, boto3 = least(
            5 * repeat,
            lambda: wall(python, "-c", ""),
            lambda: wall(python, "-c", FIRST_RECORD, event, folder=folder, environment=environment),
            lambda: wall(python, "-c", FIRST_ENTRY, entry, environment=environment),
        )
    what = "import of eventbridge_publisher and its first request / of boto3's events client"
    return [Result(what=what, measured=ours - bare, baseline=boto3 - bare, limit=0.5)]


def work(repeat: int) -> list[Result]:
    """Compare decoding, handling and indexing; see ``beside_libraries``, which does them."""
    done = subprocess.run(
        [PYTHON, "-m", "benchmarks.beside_libraries", str(5 * repeat)], cwd=TOP, check=True, capture_output=True
    )
    measured = json.loads(done.stdout)
    decode, deserialize = measured["decoding"]
    handle, powertools, bare = measured["handling"]
    index, whole, alone = measured["indexing"]
    publish, ready = measured["publishing"]
    return [
        Result(
            what="decoding 1,000 records of 20 attributes / boto3", measured=decode, baseline=deserialize, limit=0.5
        ),
        Result(
            what="handling 10,000 records / powertools, beyond a loop",
            measured=handle - bare,
            baseline=powertools - bare,
            limit=0.25,
        ),
        Result(
            what="indexing 10,000 records / boto3, opensearch-py's bulk",
            measured=index,
            baseline=whole,
            limit=0.5,
            at_most=0.2,
        ),
        Result(what="the same / opensearch-py's bulk of ready documents", measured=index, baseline=alone, limit=1.1),
        Result(
            what="publishing 1,000 records / boto3's put_events of ready entries",
            measured=publish,
            baseline=ready,
            limit=1.3,
        ),
    ]


def on_node(repeat: int) -> list[Result]:
    """Compare indexing on a node of OpenSearch; without Java or Maven, say so and measure nothing."""
    try:
        with tempfile.TemporaryDirectory() as log, nodes.Node(NODE, Path(log)) as node:
            done = subprocess.run(
                [PYTHON, "-m", "benchmarks.beside_libraries", str(repeat), node.url],
                cwd=TOP,
                check=True,
                capture_output=True,
            )
    except nodes.UnavailableError as error:
        print(f"Indexing on a node is left out. {error}", file=sys.stderr)
        return []
    return [
        Result(
            what=f"OpenSearch {NODE}, by {name.replace(' True', ', gzip').removesuffix(' False')} / opensearch-py",
            measured=ours,
            baseline=theirs,
            limit=1.0,
        )
        for name, (ours, theirs) in json.loads(done.stdout).items()
    ]


def measure(repeat: int) -> list[Result]:
    """Compare everything. Exits with a message where the environment is missing."""
    if not PYTHON.exists():
        sys.exit(f"{PYTHON.relative_to(TOP)} is missing: make bench creates it")
    return imports(repeat) + first_request(repeat) + work(repeat) + on_node(repeat)
