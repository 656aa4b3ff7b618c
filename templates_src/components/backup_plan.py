"""A daily backup of given resources into a vault, and by choice a copy in another region."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Split, Template
from troposphere.backup import (
    BackupPlan,
    BackupPlanResourceType,
    BackupRuleResourceType,
    BackupSelection,
    BackupSelectionResourceType,
    CopyActionResourceType,
    LifecycleResourceType,
)

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.alarms import Alarmed, alarm, arns
from templates_src.parts.iam import Bounded, role
from templates_src.parts.logic import condition, is_given, only_if

START_MINUTES, COMPLETION_MINUTES = 60, 360  # a backup starts within the first, ends in the second


@contract
class Parameters(Alarmed, Bounded):
    vault_name: Value = parameter("Name of the vault that backups go to.")
    copy_vault_arn: Value = parameter(
        "ARN of a vault in another region that gets a copy of each backup; no copies if empty.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    resource_arns: Value = parameter("Comma-joined ARNs of what is backed up.")
    schedule_expression: Value = parameter(
        "When to back up, in UTC, as a cron expression of AWS.",
        default="cron(0 5 * * ? *)",
        AllowedPattern=r"cron\(.+\)",
    )
    retention_days: Value = parameter(
        "Days that a backup is kept.", Type="Number", MinValue=1, default=35
    )
    copy_retention_days: Value = parameter(
        "Days that its copy is kept.", Type="Number", MinValue=1, default=35
    )
    failed_backups_threshold_count: Value = parameter(
        "Failed backups in an hour above which an alarm is raised.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


@contract
class Outputs:
    plan_id: Value = output("Id of the plan.")
    role_arn: Value = output("ARN of the role that backs up and restores.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Plan of daily backups, with copies in another region by choice."""
    copied = condition(t, "HasCopies", is_given(p.copy_vault_arn))
    copy = CopyActionResourceType(
        DestinationBackupVaultArn=p.copy_vault_arn,
        Lifecycle=LifecycleResourceType(DeleteAfterDays=p.copy_retention_days),
    )
    daily = BackupRuleResourceType(
        RuleName="Daily",
        TargetBackupVault=p.vault_name,
        ScheduleExpression=p.schedule_expression,
        StartWindowMinutes=START_MINUTES,
        CompletionWindowMinutes=COMPLETION_MINUTES,
        Lifecycle=LifecycleResourceType(DeleteAfterDays=p.retention_days),
        CopyActions=only_if(copied, [copy]),
    )
    plan = t.add_resource(
        BackupPlan(
            "Plan",
            BackupPlan=BackupPlanResourceType(
                BackupPlanName=Ref("AWS::StackName"), BackupPlanRule=[daily]
            ),
        )
    )
    acts_as = t.add_resource(
        role(
            t,
            "BackupRole",
            service="backup",
            boundary=p.permissions_boundary_arn,
            managed=[
                f"service-role/AWSBackupServiceRolePolicyFor{what}"
                for what in ("Backup", "Restores")
            ],
        )
    )
    t.add_resource(
        BackupSelection(
            "Selection",
            BackupPlanId=Ref(plan),
            BackupSelection=BackupSelectionResourceType(
                SelectionName="Resources",
                IamRoleArn=GetAtt(acts_as, "Arn"),
                Resources=Split(",", p.resource_arns),
            ),
        )
    )
    failed = alarm(
        "FailedBackupsAlarm",
        "A backup failed: look at the jobs of AWS Backup; the last good one is older now.",
        namespace="AWS/Backup",
        metric="NumberOfBackupJobsFailed",
        dimensions={"BackupVaultName": p.vault_name},
        statistic="Sum",
        threshold=p.failed_backups_threshold_count,
        topic_arn=p.alarm_topic_arn,
        minutes=1,
        Period=3600,
    )
    alarms = [t.add_resource(failed)]
    return Outputs(plan_id=Ref(plan), role_arn=GetAtt(acts_as, "Arn"), alarm_arns=arns(alarms))


backup_plan = Component(Parameters, Outputs, build)
