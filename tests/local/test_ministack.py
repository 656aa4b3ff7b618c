"""What we use of MiniStack's insides must exist, or a new release of it breaks us silently."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.local import ministack
from stackyard.local.server import path_style

CLOUDFORMATION = "services.cloudformation"
USED = {
    "app": ["app"],
    "core.responses": [
        *("get_account_id", "get_region", "now_iso", "json_response", "request_scope"),
        "AccountRegionScopedDict",
    ],
    "core.concurrency": ["spawn_background"],
    CLOUDFORMATION: ["_stacks", "_stack_events"],
    "services.cloudformation.drift": ["_DRIFT_READERS"],
    f"{CLOUDFORMATION}.helpers": ["urlparse", "_resolve_template"],
    f"{CLOUDFORMATION}.provisioners": [
        *("_RESOURCE_HANDLERS", "_RETAIN_REPLACED", "_DEFERRED_PREDECESSOR_DELETES"),
        *("_replace_resource", "_rds_db_instance_snapshot"),
    ],
    f"{CLOUDFORMATION}.stacks": [
        *("_deploy_stack_async", "_delete_stack_async", "_add_event", "_evaluate_conditions"),
    ],
    f"{CLOUDFORMATION}.changesets": ["_evaluate_conditions"],
    f"{CLOUDFORMATION}.handlers": [
        *("_resolve_stack", "_evaluate_conditions", "_ACTION_HANDLERS"),
    ],
    f"{CLOUDFORMATION}.custom_resource": [
        *("invoke_custom_resource", "deliver_response", "_pending"),
    ],
    "services.lambda_svc": ["_execute_function_with_config_scope"],
    f"{CLOUDFORMATION}.engine": [
        *("_parse_template", "_resolve_parameters", "_evaluate_conditions", "_resolve_refs"),
        "validate_template_support",
    ],
    "services.backup": ["handle_request", "_vaults", "_ok", "_err"],
    "services.ec2": ["_network_acls"],
    "services.ecs": ["_services", "_task_defs"],
    "services.rds": [
        *("_ACTION_MAP", "_instances", "_snapshots", "_subnet_groups", "_events"),
        *("_create_db_instance", "_create_snapshot_internal", "_resolve_instance"),
        *("_parse_rds_arn", "_p", "_error", "_xml", "_instance_xml", "_snapshot_xml"),
        "_format_time",
    ],
    "services.secretsmanager": ["_resolve", "_rotate_secret", "_get_secret_value"],
}


def names() -> Iterator[tuple[str, str]]:
    for module, used in USED.items():
        for name in used:
            yield module, name


@pytest.mark.parametrize(("module", "name"), list(names()))
def test_the_name_exists(module: str, name: str) -> None:
    assert hasattr(ministack.module(module), name)


def test_the_release_is_the_one_that_is_pinned() -> None:
    setup = (Path(__file__).parents[2] / "setup.cfg").read_text()
    assert f"ministack =={importlib.metadata.version('ministack')}\n" in setup


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://bucket.s3.eu-central-1.amazonaws.com/a/b.yaml", "/bucket/a/b.yaml"),
        ("https://my.bucket.s3.cn-north-1.amazonaws.com.cn/b.yaml", "/my.bucket/b.yaml"),
        ("https://s3.us-east-1.amazonaws.com/bucket/b.yaml", "/bucket/b.yaml"),
        ("http://127.0.0.1:4566/bucket/b.yaml", "/bucket/b.yaml"),
    ],
)
def test_every_form_of_a_template_url_is_read(url: str, path: str) -> None:
    assert path_style(url).path == path
