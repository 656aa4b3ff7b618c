"""How the instances of a database are observed: logs, operating system, statements."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, Equals, GetAtt, If, Not, Template

from templates_src.contract import Value, contract, parameter
from templates_src.parts.iam import Bounded, role
from templates_src.parts.logic import condition, only_if
from templates_src.parts.logs import Logged

ADVANCED_DAYS = 465  # the only retention that the advanced mode takes
STANDARD_DAYS = 7  # free of charge
# What a cluster calls otherwise than an instance
CLUSTERS_OWN = {
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "PerformanceInsightsKMSKeyId": "PerformanceInsightsKmsKeyId",
}


@contract
class Observed(Logged, Bounded):
    """What every component with database instances takes."""

    monitoring_interval_seconds: Value = parameter(
        "Seconds between metrics of the operating system (Enhanced Monitoring); 0 for none.",
        Type="Number",
        AllowedValues=[0, 1, 5, 10, 15, 30, 60],
        default=60,
    )
    insights_mode: Value = parameter(
        "Database Insights: standard keeps a week of query statistics for nothing, advanced 15"
        " months at a price per vCPU.",
        default="standard",
        AllowedValues=["standard", "advanced"],
    )
    slow_statement_milliseconds: Value = parameter(
        "Milliseconds from which a statement is logged; -1 for never.",
        Type="Number",
        MinValue=-1,
        default=1000,
    )


def observation(t: Template, p: Observed, kms_key: AWSHelperFn) -> dict[str, Any]:
    """Return the properties of an instance that observe it; adds the role that this needs."""
    monitored = condition(t, "HasEnhancedMonitoring", Not(Equals(p.monitoring_interval_seconds, 0)))
    advanced = condition(t, "HasAdvancedInsights", Equals(p.insights_mode, "advanced"))
    monitor = t.add_resource(
        role(
            t,
            "MonitoringRole",
            service="monitoring.rds",
            boundary=p.permissions_boundary_arn,
            managed=["service-role/AmazonRDSEnhancedMonitoringRole"],
            Condition=monitored,
        )
    )
    return {
        "MonitoringInterval": p.monitoring_interval_seconds,
        "MonitoringRoleArn": only_if(monitored, GetAtt(monitor, "Arn")),
        "DatabaseInsightsMode": p.insights_mode,
        # what was Performance Insights is the part of Database Insights that counts statements
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": If(advanced, ADVANCED_DAYS, STANDARD_DAYS),
        "PerformanceInsightsKMSKeyId": kms_key,
    }


def cluster_observation(t: Template, p: Observed, kms_key: AWSHelperFn) -> dict[str, Any]:
    """Return the properties of a cluster that observe all its instances alike.

    An instance of Aurora cannot say it for itself:
    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DatabaseInsights.Considerations.html
    """
    of_instance = observation(t, p, kms_key)
    return {CLUSTERS_OWN.get(name, name): value for name, value in of_instance.items()}
