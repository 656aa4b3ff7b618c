from __future__ import annotations

import subprocess
from typing import Any

import pytest

from templates_src.parts.nat_instance import USER_DATA, auto_scaling_group, launch_template

SCRIPT = (
    USER_DATA.replace("${VpcCidr}", "10.0.0.0/16")
    .replace("${AWS::StackName}", "app")
    .replace("${AWS::Region}", "us-east-1")
)


@pytest.fixture(scope="module")
def template() -> Any:
    return launch_template(
        instance_type="t4g.nano", vpc_cidr="10.0.0.0/16", interface_id="eni-1", profile_arn="arn"
    )


@pytest.fixture(scope="module")
def machine(template: Any) -> Any:
    return template.to_dict()["Properties"]["LaunchTemplateData"]


@pytest.fixture(scope="module")
def group(template: Any) -> Any:
    made = auto_scaling_group(template, availability_zone="us-east-1a", lifetime_seconds=604800)
    return made.to_dict()


def test_every_machine_starts_from_the_image_that_is_newest_then(machine: Any) -> None:
    assert machine["ImageId"].startswith("resolve:ssm:/aws/service/ami-amazon-linux-latest/")
    assert machine["ImageId"].endswith("-arm64")


def test_the_interface_that_routes_point_to_is_its_only_one(machine: Any) -> None:
    assert machine["NetworkInterfaces"] == [{"DeviceIndex": 0, "NetworkInterfaceId": "eni-1"}]
    assert "SecurityGroupIds" not in machine


def test_metadata_is_read_with_a_token_and_the_disk_is_encrypted(machine: Any) -> None:
    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    [disk] = machine["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True
    assert disk["Ebs"]["VolumeType"] == "gp3"


def test_the_group_replaces_an_old_machine_and_never_runs_two(group: Any) -> None:
    properties = group["Properties"]
    assert (properties["MinSize"], properties["MaxSize"]) == ("1", "1")
    assert properties["MaxInstanceLifetime"] == 604800
    assert properties["InstanceMaintenancePolicy"]["MaxHealthyPercentage"] == 100
    assert group["UpdatePolicy"]["AutoScalingRollingUpdate"]["MinInstancesInService"] == 0


def test_the_stack_waits_until_the_machine_says_that_it_forwards(group: Any) -> None:
    assert group["CreationPolicy"]["ResourceSignal"] == {"Count": 1, "Timeout": "PT10M"}
    assert group["UpdatePolicy"]["AutoScalingRollingUpdate"]["WaitOnResourceSignals"] is True
    assert "cfn-signal --exit-code $? --stack app --resource NatInstanceGroup" in SCRIPT


def test_the_start_script_is_a_script() -> None:
    assert "${" not in SCRIPT
    subprocess.run(["bash", "-n"], input=SCRIPT, text=True, check=True)


def test_what_leaves_the_vpc_is_masqueraded_and_what_stays_is_not() -> None:
    assert "ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 masquerade" in SCRIPT
    assert "net.ipv4.ip_forward = 1" in SCRIPT


def test_security_updates_come_by_themselves() -> None:
    assert "echo latest > /etc/dnf/vars/releasever" in SCRIPT
    assert "systemctl enable --now dnf-automatic-install.timer" in SCRIPT
