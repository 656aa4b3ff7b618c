"""Real provisioners for types whose API MiniStack has but whose template form it does not know.

Each is two or three functions over ``call``, entered in the table at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from functools import partial

from stackyard.local import firewall, identity, network, search
from stackyard.local.api import call
from stackyard.local.handlers import (
    Created,
    Handler,
    Properties,
    Provisioner,
    handler,
    is_true,
    pick,
)
from stackyard.local.rotation import cancel, rotate


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Enter every provisioner of the table."""
    for resource_type, provisioner in PROVISIONERS.items():
        handlers[resource_type] = handler(
            resource_type,
            partial(_create, provisioner.create),
            provisioner.delete,
            provisioner.modify,
        )


def _create(
    create: Callable[[Properties], Created], _: str, properties: Properties, __: str
) -> Created:
    return create(properties)


def _capacity_providers(properties: Properties) -> Created:
    cluster = properties["Cluster"]
    call(
        "ecs",
        "PutClusterCapacityProviders",
        cluster=cluster,
        capacityProviders=properties.get("CapacityProviders", []),
        defaultCapacityProviderStrategy=[
            # numbers may come as text from a parameter
            {
                key[0].lower() + key[1:]: value if key == "CapacityProvider" else int(value)
                for key, value in item.items()
            }
            for item in properties["DefaultCapacityProviderStrategy"]
        ],
    )
    return cluster, {}


def _open_id_provider(properties: Properties) -> Created:
    given = pick(properties, "Url", "ClientIDList", "ThumbprintList", "Tags")
    made = call("iam", "CreateOpenIDConnectProvider", **{"ThumbprintList": [], **given})
    return made["OpenIDConnectProviderArn"], {"Arn": made["OpenIDConnectProviderArn"]}


def _rotation_schedule(properties: Properties) -> Created:
    arn = call("secretsmanager", "DescribeSecret", SecretId=properties["SecretId"])["ARN"]
    _schedule_rotation(arn, properties)
    return arn, {"Id": arn}


def _schedule_rotation(_: str, properties: Properties) -> None:
    rotate(
        properties["SecretId"],
        properties.get("RotationLambdaARN", ""),
        properties.get("RotationRules", {}),
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
        at_once=is_true(properties.get("RotateImmediatelyOnUpdate", True)),
    )


def _secret_policy(properties: Properties) -> Created:
    _put_secret_policy("", properties)
    return properties["SecretId"], {"Id": properties["SecretId"]}


def _put_secret_policy(_: str, properties: Properties) -> None:
    policy = properties["ResourcePolicy"]
    text = policy if isinstance(policy, str) else json.dumps(policy)
    secret = properties["SecretId"]
    call("secretsmanager", "PutResourcePolicy", SecretId=secret, ResourcePolicy=text)


def _web_acl(properties: Properties) -> Created:
    call("wafv2", "AssociateWebACL", **pick(properties, "WebACLArn", "ResourceArn"))
    return f"{properties['ResourceArn']}|{properties['WebACLArn']}", {}


PROVISIONERS = {
    **firewall.PROVISIONERS,
    **identity.PROVISIONERS,
    **network.PROVISIONERS,
    **search.PROVISIONERS,
    "AWS::ECS::ClusterCapacityProviderAssociations": Provisioner(
        _capacity_providers,
        lambda cluster, _: call(
            "ecs",
            "PutClusterCapacityProviders",
            cluster=cluster,
            capacityProviders=[],
            defaultCapacityProviderStrategy=[],
        ),
        lambda _, properties: _capacity_providers(properties),
    ),
    "AWS::IAM::OIDCProvider": Provisioner(
        _open_id_provider,
        lambda arn, _: call("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn),
    ),
    "AWS::SecretsManager::RotationSchedule": Provisioner(
        _rotation_schedule,
        lambda arn, _: cancel(arn),
        _schedule_rotation,
    ),
    "AWS::SecretsManager::ResourcePolicy": Provisioner(
        _secret_policy,
        lambda arn, _: call("secretsmanager", "DeleteResourcePolicy", SecretId=arn),
        _put_secret_policy,
    ),
    "AWS::WAFv2::WebACLAssociation": Provisioner(
        _web_acl,
        lambda _, p: call("wafv2", "DisassociateWebACL", ResourceArn=p["ResourceArn"]),
    ),
}
