"""Rules about what is deployed: resources, their addresses and arguments, data sources, modules that are called."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from generator.compare.findings import Finding
from generator.compare.reading import Body, Described

REPLACED_BY: Final[Mapping[str, frozenset[str]]] = {
    "aws_appautoscaling_policy": frozenset({"name", "resource_id", "scalable_dimension", "service_namespace"}),
    "aws_appautoscaling_target": frozenset({"resource_id", "scalable_dimension", "service_namespace"}),
    "aws_cloudwatch_dashboard": frozenset({"dashboard_name"}),
    "aws_cloudwatch_log_group": frozenset({"name", "name_prefix", "log_group_class"}),
    "aws_cloudwatch_metric_alarm": frozenset({"alarm_name"}),
    "aws_dynamodb_contributor_insights": frozenset({"table_name", "index_name"}),
    "aws_dynamodb_kinesis_streaming_destination": frozenset(
        {"table_name", "stream_arn", "approximate_creation_date_time_precision"}
    ),
    "aws_dynamodb_resource_policy": frozenset({"resource_arn"}),
    "aws_dynamodb_table": frozenset(
        {
            "name",
            "hash_key",
            "range_key",
            "local_secondary_index",
            "import_table",
            "restore_source_name",
            "restore_source_table_arn",
            "restore_to_latest_time",
            "restore_date_time",
        }
    ),
    "aws_iam_policy": frozenset({"name", "name_prefix", "path", "description"}),
    "aws_iam_role": frozenset({"name", "name_prefix", "path"}),
    "aws_iam_role_policy": frozenset({"name", "name_prefix", "role"}),
    "aws_iam_role_policy_attachment": frozenset({"role", "policy_arn"}),
    "aws_kms_key": frozenset({"key_usage", "customer_master_key_spec", "multi_region"}),
    "aws_lambda_alias": frozenset({"name", "function_name"}),
    "aws_lambda_event_source_mapping": frozenset(
        {"event_source_arn", "starting_position", "starting_position_timestamp", "self_managed_event_source"}
    ),
    "aws_lambda_function": frozenset({"function_name", "package_type"}),
    "aws_lambda_permission": frozenset({"action", "function_name", "principal", "source_arn", "statement_id"}),
    "aws_lambda_provisioned_concurrency_config": frozenset({"function_name", "qualifier"}),
    "aws_s3_bucket": frozenset({"bucket", "bucket_prefix", "object_lock_enabled"}),
    "aws_sns_topic": frozenset({"name", "name_prefix", "fifo_topic"}),
    "aws_sqs_queue": frozenset({"name", "name_prefix", "fifo_queue"}),
    "aws_sqs_queue_policy": frozenset({"queue_url"}),
}
"""Arguments whose change replaces a resource, by its type: "Forces new resource" in the documentation of the AWS
provider (hashicorp/aws 5.100), whose schema does not say it."""

REPLACES_ANOTHER: Final[Mapping[tuple[str, str], str]] = {
    ("aws_dynamodb_table", "stream_view_type"): "the stream is a new one, and the event source mapping is replaced",
    ("aws_dynamodb_table", "stream_enabled"): "the stream is a new one, and the event source mapping is replaced",
}
"""Arguments whose change replaces something else."""

LEFT_BEHIND: Final = frozenset({"aws_lambda_event_source_mapping"})
"""Resources for which AWS keeps the old value of an argument that is removed, without a difference in any plan."""

_META: Final = ("count", "for_each", "provider", "depends_on")
_ALIKE: Final = 0.6


def resources(old: Described, new: Described) -> Iterator[Finding]:
    """Find what changed of the resources."""
    moves = moved(old, new)
    unmoved = _unmoved(old, new, moves)
    for address in sorted(old.resources.keys() - new.resources.keys()):
        if address in moves:
            yield _finding("resource-moved", address, f"it is now {moves[address]}, and a moved block says so", "patch")
        elif address in unmoved:
            message = f"it is now {unmoved[address]} without a moved block: it would be destroyed and created again"
            yield _finding("resource-address-changed", address, message, "major")
        elif address in new.removed and not new.removed[address]:
            yield _finding("resource-forgotten", address, "Terraform forgets it, and it stays", "minor")
        else:
            yield _finding("resource-removed", address, "it is destroyed", "major")
    for address in sorted(new.resources.keys() - old.resources.keys() - set(moves.values()) - set(unmoved.values())):
        yield _finding("resource-added", address, "it is created", "minor")
    pairs = {address: address for address in old.resources.keys() & new.resources.keys()}
    for before, after in sorted((pairs | moves).items()):
        if before in old.resources and after in new.resources:
            yield from _changes(after, old.resources[before], new.resources[after], old, new)


def moved(old: Described, new: Described) -> dict[str, str]:
    """Return the new addresses of resources that moved blocks name, whatever instance they name."""
    found: dict[str, str] = {}
    for before, after in new.moved.items():
        one, other = (re.sub(r"\[[^]]*\]", "", address) for address in (before, after))
        if one != other and one in old.resources and one not in new.resources:
            found[one] = other
    return {one: found.get(other, other) for one, other in found.items()}


def _unmoved(old: Described, new: Described, moves: Mapping[str, str]) -> dict[str, str]:
    """Guess which resources have another address: same type, and most of the arguments are the same."""
    found: dict[str, str] = {}
    for address in sorted(old.resources.keys() - new.resources.keys() - moves.keys()):
        kind = address.split(".")[0]
        best, likeness = "", _ALIKE
        for other in sorted(new.resources.keys() - old.resources.keys() - set(moves.values()) - set(found.values())):
            one, two = old.resources[address].items(), new.resources[other].items()
            alike = len(one & two) / max(len(one | two), 1)
            if other.split(".")[0] == kind and alike >= likeness:
                best, likeness = other, alike
        if best:
            found[address] = best
    return found


def _changes(address: str, old: Body, new: Body, before: Described, after: Described) -> Iterator[Finding]:
    yield from _instances(address, old, new, before, after)
    yield from _lifecycle(address, old, new)
    kind = address.split(".", maxsplit=1)[0]
    for path in sorted(old.keys() | new.keys()):
        if path in _META or path.startswith("lifecycle"):
            continue
        was, now = old.get(path), new.get(path)
        if was is not None and now is not None:
            was, now = before.expander.expand(was), after.expander.expand(now)
        if was != now:
            yield _argument(address, kind, path, was, now)


def _argument(address: str, kind: str, path: str, was: str | None, now: str | None) -> Finding:
    subject, top = f"{address}.{path}", re.split(r"[.\[]", path)[0]
    change = (
        f"was {was} and is {now}"
        if was is not None and now is not None
        else f"is new: {now}"
        if was is None
        else f"was {was} and is gone"
    )
    if top in REPLACED_BY.get(kind, ()):
        return _finding(
            "may-replace", subject, f"it {change}; where its value changes, the resource is replaced", "major"
        )
    if (kind, top) in REPLACES_ANOTHER:
        return _finding(
            "may-replace", subject, f"it {change}; where its value changes, {REPLACES_ANOTHER[kind, top]}", "major"
        )
    if now is None and kind in LEFT_BEHIND:
        return _finding(
            "argument-left-behind", subject, f"it {change}; AWS keeps the old value, and no plan shows it", "major"
        )
    rule = "argument-added" if was is None else "argument-removed" if now is None else "argument-changed"
    return _finding(rule, subject, f"it {change}; what is deployed changes in place", "minor")


def _instances(address: str, old: Body, new: Body, before: Described, after: Described) -> Iterator[Finding]:
    was = next((meta for meta in ("count", "for_each") if meta in old), None)
    now = next((meta for meta in ("count", "for_each") if meta in new), None)
    if was == now:
        if was and before.expander.expand(old[was]) != after.expander.expand(new[was]):
            message = f"{was} was {old[was]} and is {new[was]}: instances may be created or destroyed"
            yield _finding("instances-changed", address, message, "minor")
    elif "for_each" in (was, now):
        moved = any(re.sub(r"\[[^]]*\]", "", one) == address for one in (*after.moved, *after.moved.values()))
        message = (
            f"it had {was or 'neither count nor for_each'} and has {now or 'neither'}: its instances have other keys"
        )
        yield _finding(
            "instances-moved" if moved else "instance-keys-changed", address, message, "patch" if moved else "major"
        )
    else:
        message = (
            f"count was {'there' if was else 'not there'} and is {'there' if now else 'not'}: Terraform moves it itself"
        )
        yield _finding("count-changed", address, message, "patch")


def _lifecycle(address: str, old: Body, new: Body) -> Iterator[Finding]:
    prevented = [body.get("lifecycle.prevent_destroy") == "true" for body in (old, new)]
    if prevented == [True, False]:
        yield _finding("prevent-destroy-removed", address, "a destroy, or a replacement, is no longer refused", "major")
    elif prevented == [False, True]:
        yield _finding("prevent-destroy-added", address, "a destroy, or a replacement, is refused from now on", "major")
    was, now = (_listed(body.get("lifecycle.ignore_changes", "")) for body in (old, new))
    if was - now:
        message = f"{', '.join(sorted(was - now))}: what was changed elsewhere is set back"
        yield _finding("ignore-changes-removed", address, message, "major")
    if now - was:
        yield _finding("ignore-changes-added", address, f"{', '.join(sorted(now - was))}: no longer kept", "minor")


def _listed(text: str) -> set[str]:
    return set(re.findall(r"[\w.\[\]\"]+", text.strip("[]")))


def others(old: Described, new: Described) -> Iterator[Finding]:
    """Find what changed of the data sources and of the modules that are called."""
    for address in sorted(new.data.keys() - old.data.keys()):
        yield _finding("data-added", address, "it is read at every plan, and may need a permission", "minor")
    for address in sorted(old.data.keys() - new.data.keys()):
        yield _finding("data-removed", address, "it is no longer read", "patch")
    for address in sorted(old.data.keys() & new.data.keys()):
        if _expanded(old.data[address], old) != _expanded(new.data[address], new):
            yield _finding("data-changed", address, "it reads something else", "minor")
    for name in sorted(new.modules.keys() - old.modules.keys()):
        yield _finding("module-added", f"module.{name}", "what it holds is created", "minor")
    for name in sorted(old.modules.keys() - new.modules.keys()):
        yield _finding("module-removed", f"module.{name}", "what it holds is destroyed", "major")
    for name in sorted(old.modules.keys() & new.modules.keys()):
        was, now = _expanded(old.modules[name], old), _expanded(new.modules[name], new)
        for path in sorted(was.keys() | now.keys()):
            if was.get(path) != now.get(path):
                bump = "major" if path in ("source", "version") else "minor"
                message = f"it was {was.get(path, 'not given')} and is {now.get(path, 'not given')}"
                yield _finding("module-changed", f"module.{name}.{path}", message, bump)


def _expanded(body: Body, described: Described) -> Body:
    return {path: described.expander.expand(text) for path, text in body.items()}


def _finding(rule: str, subject: str, message: str, bump: str) -> Finding:
    return Finding(rule=rule, subject=subject, message=message, bump=bump)
