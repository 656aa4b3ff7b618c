"""The Monitoring group of FastAPI: who is told of alarms, and the dashboard of everything.

Alarms and log groups stand with what they watch and log, in the other groups.
"""

from __future__ import annotations

from troposphere import Template

from templates_src.components.alerts import Outputs as AlertsOutputs
from templates_src.components.alerts import alerts
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.load_balancer import Outputs as BalancerOutputs
from templates_src.components.monitoring import Outputs as MonitoringOutputs
from templates_src.components.monitoring import monitoring
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.contract import Value, contract, passed_to
from templates_src.groups.fastapi.common import Common, named


@contract
class Parameters(Common):
    alarm_email: Value = passed_to(alerts.takes.email, group="Monitoring")


def nest_alerts(t: Template, p: Parameters) -> AlertsOutputs:
    """Nest the topic that all alarms notify; it comes first."""
    return alerts.nest(t, "MonitoringAlerts", email=p.alarm_email)


def nest_dashboard(
    t: Template,
    p: Parameters,
    balancer: BalancerOutputs,
    api: ServiceOutputs,
    data: DatabaseOutputs,
    *,
    cluster_name: Value,
    alarm_arns: Value,
) -> MonitoringOutputs:
    """Nest the dashboard over the API and the database; it comes last."""
    return monitoring.nest(
        t,
        "MonitoringDashboard",
        dashboard_name=named(p, "monitoring-dashboard"),
        cluster_name=cluster_name,
        service_name=api.service_name,
        log_group_name=api.log_group_name,
        load_balancer_full_name=balancer.full_name,
        target_group_full_name=api.target_group_full_name,
        alternate_target_group_full_name=api.alternate_target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=alarm_arns,
    )
