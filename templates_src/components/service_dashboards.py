"""Two dashboards of one service: whether it is well, and how fast it is."""

from __future__ import annotations

from troposphere import If, Join, Ref, Template
from troposphere.cloudwatch import Dashboard

from templates_src.contract import Component, Value, contract, output, parameter
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
from templates_src.parts.performance_rows import error_rate_row, response_times_row, scaling_row


@contract
class Parameters(Boarded):
    dashboard_prefix: Value = parameter(
        "First part of the dashboards' names, unique in the account; the name of this nested stack"
        " if empty.",
        default="",
        AllowedPattern="[A-Za-z0-9_-]{0,200}",
    )


@contract
class Outputs:
    health_dashboard_name: Value = output("Name of the dashboard of the service's health.")
    performance_dashboard_name: Value = output("Name of the dashboard of its performance.")


def build(t: Template, p: Parameters) -> Outputs:
    """CloudWatch dashboards of a service's health and of its performance."""
    named = condition(t, "HasDashboardPrefix", is_given(p.dashboard_prefix))
    prefix = If(named, p.dashboard_prefix, Ref("AWS::StackName"))
    has_alarms = condition(t, "HasAlarms", is_given(p.alarm_arns))
    has_database = condition(t, "HasDatabase", is_given(p.instance_identifier))
    has_pair = condition(t, "HasAlternate", is_given(p.alternate_target_group_full_name))
    balancer = p.load_balancer_full_name
    health = t.add_resource(
        Dashboard(
            "HealthDashboard",
            DashboardName=Join("-", [prefix, "service-health"]),
            DashboardBody=body(
                only_if(has_alarms, alarms_row(p.alarm_arns)),
                service_row(p.cluster_name, p.service_name),
                load_balancer_row(balancer, p.target_group_full_name),
                only_if(
                    has_pair,
                    load_balancer_row(
                        balancer, p.alternate_target_group_full_name, "Second target group"
                    ),
                ),
                error_rate_row(balancer),
                errors_row(p.log_group_name),
            ),
        )
    )
    performance = t.add_resource(
        Dashboard(
            "PerformanceDashboard",
            DashboardName=Join("-", [prefix, "performance"]),
            DashboardBody=body(
                response_times_row(balancer),
                service_row(p.cluster_name, p.service_name),
                scaling_row(p.cluster_name, p.service_name),
                only_if(has_database, database_row(p.instance_identifier)),
            ),
        )
    )
    return Outputs(health_dashboard_name=Ref(health), performance_dashboard_name=Ref(performance))


service_dashboards = Component(Parameters, Outputs, build)
