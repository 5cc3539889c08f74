"""A provider made from a kept list, which serves Terraform from the process of the tests.

It takes every argument that the list has, warns about deprecated ones, and rejects what the provider's rules across
arguments reject (:mod:`tests.provider.behavior`). After ``apply``, what only AWS sets has a made-up value.

It does not know which values the provider accepts, which differences it suppresses, and which changes replace a
resource. The plans on 5.100 show these.
"""

import functools
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from msgpack import ExtType
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.types import Unknown
from tf.utils import Diagnostics, read_dynamic_value, to_dynamic_value

from tests.provider import behavior, kept
from tests.provider.schema import Attribute, Block, Schema

NESTINGS = {
    "list": pb.Schema.NestedBlock.LIST,
    "set": pb.Schema.NestedBlock.SET,
    "single": pb.Schema.NestedBlock.SINGLE,
}

_THREADS: Final = 10  # as many resources as Terraform plans at a time

Values = dict[str, Any]


class Servicer(rpc.ProviderServicer):  # type: ignore[misc] # the library publishes no types
    """Version 6 of Terraform's plugin protocol, for one version of the provider; takes that version."""

    def __init__(self, version: str) -> None:
        self._version = version
        kinds = {**kept.examples(), **kept.schemas(version)}
        self._resources = {kind: schema for kind, schema in kinds.items() if not kind.startswith("data.")}
        self._data = {kind[5:]: schema for kind, schema in kinds.items() if kind.startswith("data.")}

    def GetMetadata(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Say what the server can do."""
        return pb.GetMetadata.Response(server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True))

    def GetProviderSchema(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Return the schemas of everything."""
        return pb.GetProviderSchema.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            provider=self._schema(behavior.PROVIDER),
            provider_meta=self._schema({"user_agent": Attribute("list(string)", optional=True)}),
            resource_schemas={kind: self._schema(schema) for kind, schema in self._resources.items()},
            data_source_schemas={kind: self._schema(schema) for kind, schema in self._data.items()},
        )

    def _schema(self, schema: Schema) -> Any:  # noqa: ANN401
        return pb.Schema(block=self._block(schema))

    def _block(self, schema: Schema) -> Any:  # noqa: ANN401
        block = pb.Schema.Block()
        for name, member in schema.items():
            if isinstance(member, Attribute):
                block.attributes.append(
                    pb.Schema.Attribute(
                        name=name,
                        type=json.dumps(wire_type(member.type)).encode(),
                        required=member.required,
                        optional=member.optional,
                        computed=member.computed,
                    )
                )
            else:
                block.block_types.append(
                    pb.Schema.NestedBlock(
                        type_name=name,
                        block=self._block(member.members),
                        nesting=NESTINGS[member.nesting],
                        min_items=member.minimum,
                        max_items=member.maximum if member.nesting != "single" else 0,
                    )
                )
        return block

    def ValidateProviderConfig(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Accept every configuration of the provider."""
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Need no configuration."""
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Apply the rules across arguments, and warn about deprecated ones that are set."""
        found = Diagnostics()
        kind, config = request.type_name, read_dynamic_value(request.config)
        for problem in behavior.problems(self._version, kind, config):
            found.add_error("Invalid combination of arguments", problem)
        for path in sorted(behavior.deprecated(self._version, kind)):
            if is_set(config, path.split(".")):
                found.add_warning("Argument is deprecated", f"{kind}.{path}")
        return pb.ValidateResourceConfig.Response(diagnostics=found.to_pb())

    def ValidateDataResourceConfig(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Accept every configuration of a data source."""
        return pb.ValidateDataResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Return the state as it is: one version writes and reads it."""
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Return the state as it is: nothing changes it elsewhere."""
        return pb.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Plan what is proposed; of a new resource, what is computed and not set is not known."""
        planned = read_dynamic_value(request.proposed_new_state)
        if planned is not None and read_dynamic_value(request.prior_state) is None:
            planned = with_unknown(planned, self._resources[request.type_name])
        return pb.PlanResourceChange.Response(planned_state=to_dynamic_value(planned))

    def ApplyResourceChange(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Do what is planned, with a value for everything that is not known."""
        kind = request.type_name
        planned = read_dynamic_value(request.planned_state)
        if planned is None:
            return pb.ApplyResourceChange.Response(new_state=request.planned_state)
        done = without_unknown(planned, self._resources[kind], kind, planned)
        return pb.ApplyResourceChange.Response(new_state=to_dynamic_value(done))

    def ReadDataSource(self, request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Return what the provider returns in the region of the tests."""
        state = read_dynamic_value(request.config) | behavior.DATA[request.type_name]
        schema = self._data[request.type_name]
        return pb.ReadDataSource.Response(state=to_dynamic_value({name: state[name] for name in schema}))

    def StopProvider(self, _request: Any, _context: object) -> Any:  # noqa: ANN401, N802
        """Have nothing to stop."""
        return pb.StopProvider.Response()


def is_set(value: Any, path: list[str]) -> bool:  # noqa: ANN401
    """Return whether a configuration has a value at a path, in any block that the path goes through."""
    if isinstance(value, list):
        return any(is_set(inner, path) for inner in value)
    if path and isinstance(value, Mapping):
        return is_set(value.get(path[0]), path[1:])
    return not path and value is not None


def wire_type(text: str) -> Any:  # noqa: ANN401
    """Return a type such as ``list(object(name=string))`` as the protocol has it in JSON."""
    name, opened, inner = text.partition("(")
    if not opened:
        return name
    inner = inner[:-1]
    if name != "object":
        return [name, wire_type(inner)]
    return [name, {key: wire_type(of) for key, of in (part.split("=", 1) for part in _split(inner))}]


def _split(text: str) -> Iterator[str]:
    """Yield the parts of a text between the commas that are in no parentheses."""
    depth = start = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    if text:
        yield text[start:]


def with_unknown(values: Values, schema: Schema) -> Values:
    """Return planned values in which every computed attribute that is not set is unknown."""

    def planned(member: Attribute | Block, value: Any) -> Any:  # noqa: ANN401
        if isinstance(member, Attribute):
            return Unknown if value is None and member.computed else value
        return _in_blocks(value, lambda inner: with_unknown(inner, member.members))

    return {name: planned(schema[name], value) for name, value in values.items()}


def without_unknown(values: Values, schema: Schema, kind: str, root: Values) -> Values:
    """Return values with a made-up one for each that is unknown."""

    def made(name: str, member: Attribute | Block, value: Any) -> Any:  # noqa: ANN401
        if isinstance(member, Attribute):
            return behavior.made_up(kind, name, member.type, root) if is_unknown(value) else value
        return _in_blocks(value, lambda inner: without_unknown(inner, member.members, kind, root))

    return {name: made(name, schema[name], value) for name, value in values.items()}


def _in_blocks(value: Any, change: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [change(inner) for inner in value]
    return change(value) if isinstance(value, Mapping) else value


def is_unknown(value: object) -> bool:
    """Return whether a value is unknown; Terraform may know something about it, such as its beginning."""
    return value is Unknown or isinstance(value, ExtType)


def reattach(version: str) -> dict[str, Any]:
    """Serve a version until this process ends; return how Terraform reaches it, as ``TF_REATTACH_PROVIDERS`` has it.

    One server answers all commands. Terraform would otherwise start a provider three times for a plan, and for each
    run of a test.
    """
    _, port = _started(version)
    address = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    return {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": address}


@functools.cache
def _started(version: str) -> tuple[grpc.Server, int]:
    """Return a server, which stops when nothing refers to it, and its port."""
    server = grpc.server(ThreadPoolExecutor(_THREADS))
    rpc.add_ProviderServicer_to_server(Servicer(version), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
