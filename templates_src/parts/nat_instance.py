"""The machine that translates addresses where a NAT gateway is too dear.

It sits behind a network interface that outlives it: routes and the public address stay as they
are when the machine is replaced. The Auto Scaling group attaches the interface as the machine's
only one, so that the machine needs no permission to attach anything and no address of its own:
https://docs.aws.amazon.com/autoscaling/ec2/userguide/examples-launch-templates-aws-cli.html
"""

from __future__ import annotations

from troposphere import Base64, GetAtt, Ref, Sub
from troposphere.autoscaling import (
    AutoScalingGroup,
    InstanceMaintenancePolicy,
    LaunchTemplateSpecification,
)
from troposphere.ec2 import (
    EBSBlockDevice,
    IamInstanceProfile,
    LaunchTemplate,
    LaunchTemplateBlockDeviceMapping,
    LaunchTemplateCreditSpecification,
    LaunchTemplateData,
    MetadataOptions,
    NetworkInterfaces,
)
from troposphere.policies import (
    AutoScalingRollingUpdate,
    CreationPolicy,
    ResourceSignal,
    UpdatePolicy,
)
from troposphere.validators.autoscaling import Tags as GroupTags

from templates_src.contract import Value

# EC2 reads this parameter at every launch, so that each machine starts from the newest image and
# not from the one that was newest at the last deployment:
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

# Amazon Linux 2023 stays at the release of its image unless told otherwise, and dnf-automatic would
# find nothing: https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html
# Kernels come with the next machine. After creation cfn-signal has nobody to tell and says so.
USER_DATA = """\
#!/bin/bash
set -euo pipefail
trap '/opt/aws/bin/cfn-signal --exit-code $? --stack ${AWS::StackName} \
--resource NatInstanceGroup --region ${AWS::Region}' EXIT

dnf install --assumeyes aws-cfn-bootstrap dnf-automatic nftables

echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-nat.conf
sysctl --system
cat > /etc/sysconfig/nftables.conf <<'RULES'
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${VpcCidr} ip daddr != ${VpcCidr} masquerade
  }
}
RULES
systemctl enable --now nftables

echo latest > /etc/dnf/vars/releasever
sed --in-place 's/^upgrade_type.*/upgrade_type = security/' /etc/dnf/automatic.conf
systemctl enable --now dnf-automatic-install.timer
"""


def launch_template(
    *, instance_type: Value, vpc_cidr: Value, interface_id: Value, profile_arn: Value
) -> LaunchTemplate:
    """Return the launch template of the machine: one existing interface, IMDSv2, encrypted disk."""
    return LaunchTemplate(
        "NatInstanceTemplate",
        LaunchTemplateData=LaunchTemplateData(
            ImageId=IMAGE,
            InstanceType=instance_type,
            IamInstanceProfile=IamInstanceProfile(Arn=profile_arn),
            NetworkInterfaces=[NetworkInterfaces(DeviceIndex=0, NetworkInterfaceId=interface_id)],
            MetadataOptions=MetadataOptions(HttpTokens="required", HttpPutResponseHopLimit=1),
            # unlimited credits, the default, can cost more than a NAT gateway
            CreditSpecification=LaunchTemplateCreditSpecification(CpuCredits="standard"),
            BlockDeviceMappings=[
                LaunchTemplateBlockDeviceMapping(
                    DeviceName="/dev/xvda",  # the root of Amazon Linux
                    Ebs=EBSBlockDevice(Encrypted=True, VolumeSize=8, VolumeType="gp3"),
                )
            ],
            UserData=Base64(Sub(USER_DATA, VpcCidr=vpc_cidr)),
        ),
    )


def auto_scaling_group(
    template: LaunchTemplate, *, availability_zone: Value, lifetime_seconds: Value
) -> AutoScalingGroup:
    """Return the group of one that replaces the machine when it fails, ages or changes."""
    return AutoScalingGroup(
        "NatInstanceGroup",
        MinSize="1",
        MaxSize="1",
        # with an interface of one's own it is the zone that is stated and no subnet
        AvailabilityZones=[availability_zone],
        LaunchTemplate=LaunchTemplateSpecification(
            LaunchTemplateId=Ref(template), Version=GetAtt(template, "LatestVersionNumber")
        ),
        MaxInstanceLifetime=lifetime_seconds,
        # only one machine can hold the interface: the old one goes before the new one comes
        InstanceMaintenancePolicy=InstanceMaintenancePolicy(
            MinHealthyPercentage=0, MaxHealthyPercentage=100
        ),
        CreationPolicy=CreationPolicy(ResourceSignal=ResourceSignal(Count=1, Timeout="PT10M")),
        UpdatePolicy=UpdatePolicy(
            AutoScalingRollingUpdate=AutoScalingRollingUpdate(
                MinInstancesInService=0,
                MaxBatchSize=1,
                PauseTime="PT10M",
                WaitOnResourceSignals=True,
                # these would replace the machine a second time meanwhile
                SuspendProcesses=["HealthCheck", "ReplaceUnhealthy", "ScheduledActions"],
            )
        ),
        Tags=GroupTags(Name=Sub("${AWS::StackName}-nat")),
    )
