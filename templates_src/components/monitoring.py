"""The dashboard of a system: its alarms, service, what stands behind it, and latest errors."""

from __future__ import annotations

from troposphere import If, Ref, Template
from troposphere.cloudwatch import Dashboard

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.backend_dashboards import aurora_row, function_row, queue_row
from templates_src.parts.dashboards import (
    Boarded,
    alarms_row,
    body,
    database_row,
    errors_row,
    load_balancer_row,
    service_row,
)
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Parameters(Boarded):
    dashboard_name: Value = parameter(
        "Name of the dashboard, unique in the account; the name of this nested stack if empty.",
        default="",
        AllowedPattern="[A-Za-z0-9_-]{0,255}",
    )
    cluster_identifier: Value = parameter(
        "Identifier of the Aurora cluster; no such row if empty.", default=""
    )
    queue_name: Value = parameter("Name of the queue; no such row if empty.", default="")
    dead_letter_queue_name: Value = parameter(
        "Name of the queue's dead-letter queue; only with a queue.", default=""
    )
    function_name: Value = parameter(
        "Name of the function that works the queue off; no such row if empty.", default=""
    )


@contract
class Outputs:
    dashboard_name: Value = output("Name of the dashboard.")


def build(t: Template, p: Parameters) -> Outputs:
    """CloudWatch dashboard over service, load balancer, database, queue and worker."""
    named = condition(t, "HasDashboardName", is_given(p.dashboard_name))
    has_alarms = condition(t, "HasAlarms", is_given(p.alarm_arns))
    has_database = condition(t, "HasDatabase", is_given(p.instance_identifier))
    has_aurora = condition(t, "HasAurora", is_given(p.cluster_identifier))
    has_queue = condition(t, "HasQueue", is_given(p.queue_name))
    has_function = condition(t, "HasFunction", is_given(p.function_name))
    has_pair = condition(t, "HasAlternate", is_given(p.alternate_target_group_full_name))
    dashboard = t.add_resource(
        Dashboard(
            "Dashboard",
            DashboardName=If(named, p.dashboard_name, Ref("AWS::StackName")),
            DashboardBody=body(
                only_if(has_alarms, alarms_row(p.alarm_arns)),
                service_row(p.cluster_name, p.service_name),
                load_balancer_row(p.load_balancer_full_name, p.target_group_full_name),
                only_if(
                    has_pair,
                    load_balancer_row(
                        p.load_balancer_full_name,
                        p.alternate_target_group_full_name,
                        "Second target group",
                    ),
                ),
                only_if(has_database, database_row(p.instance_identifier)),
                only_if(has_aurora, aurora_row(p.cluster_identifier)),
                only_if(has_queue, queue_row(p.queue_name, p.dead_letter_queue_name)),
                only_if(has_function, function_row(p.function_name)),
                errors_row(p.log_group_name),
            ),
        )
    )
    return Outputs(dashboard_name=Ref(dashboard))


monitoring = Component(Parameters, Outputs, build)
