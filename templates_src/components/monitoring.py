"""The dashboard of a system: its alarms, service, load balancer, database and latest errors."""

from __future__ import annotations

from troposphere import If, Ref, Template
from troposphere.cloudwatch import Dashboard

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.dashboards import (
    alarms_row,
    body,
    database_row,
    errors_row,
    load_balancer_row,
    service_row,
)
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Parameters:
    dashboard_name: Value = parameter(
        "Name of the dashboard, unique in the account; the name of this nested stack if empty.",
        default="",
        AllowedPattern="[A-Za-z0-9_-]{0,255}",
    )
    cluster_name: Value = parameter("Name of the cluster that the service runs in.")
    service_name: Value = parameter("Name of the ECS service.")
    log_group_name: Value = parameter("Log group that is searched for the latest errors.")
    load_balancer_full_name: Value = parameter(
        "Load balancer as metrics call it, app/name/id.", AllowedPattern="app/.+"
    )
    target_group_full_name: Value = parameter(
        "Target group as metrics call it, targetgroup/name/id.", AllowedPattern="targetgroup/.+"
    )
    instance_identifier: Value = parameter(
        "Identifier of the database instance; no such row if empty.", default=""
    )
    # not a list type: a condition can ask only a string whether it is empty
    alarm_arns: Value = parameter(
        "Comma-joined ARNs of the alarms whose state is shown, at most 100; no such row if empty.",
        default="",
    )


@contract
class Outputs:
    dashboard_name: Value = output("Name of the dashboard.")


def build(t: Template, p: Parameters) -> Outputs:
    """CloudWatch dashboard over service, load balancer and database."""
    named = condition(t, "HasDashboardName", is_given(p.dashboard_name))
    has_alarms = condition(t, "HasAlarms", is_given(p.alarm_arns))
    has_database = condition(t, "HasDatabase", is_given(p.instance_identifier))
    dashboard = t.add_resource(
        Dashboard(
            "Dashboard",
            DashboardName=If(named, p.dashboard_name, Ref("AWS::StackName")),
            DashboardBody=body(
                only_if(has_alarms, alarms_row(p.alarm_arns)),
                service_row(p.cluster_name, p.service_name),
                load_balancer_row(p.load_balancer_full_name, p.target_group_full_name),
                only_if(has_database, database_row(p.instance_identifier)),
                errors_row(p.log_group_name),
            ),
        )
    )
    return Outputs(dashboard_name=Ref(dashboard))


monitoring = Component(Parameters, Outputs, build)
