"""Rows of a dashboard of costs.

CloudWatch has billing metrics in one region, whatever region they are about, and one amount for
each service that grows from the first of the month:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html
"""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn

from templates_src.parts.dashboards import COLUMNS, calculated, graph, heading, line, row

BILLING_REGION = "us-east-1"
ESTIMATE_SECONDS = 6 * 60 * 60  # how often there is a new one
DAY_SECONDS = 24 * 60 * 60
SERVICES = '{AWS/Billing,Currency,ServiceName} MetricName="EstimatedCharges" Currency="USD"'


def bill_row() -> AWSHelperFn:
    """Return what the account has cost this month, and each day."""
    shown: dict[str, Any] = {"region": BILLING_REGION, "columns": 12, "yAxis": {"left": {"min": 0}}}
    usd = {"Currency": "USD"}
    return row(
        heading("The whole account's bill"),
        graph(
            "This month so far (US dollars)",
            line("estimated", "AWS/Billing", "EstimatedCharges", usd, "Maximum"),
            period=ESTIMATE_SECONDS,
            **shown,
        ),
        graph(
            "Each day (US dollars)",
            line(
                "estimated",
                "AWS/Billing",
                "EstimatedCharges",
                usd,
                "Maximum",
                id="m",
                visible=False,
            ),
            # the first of a month falls back to nothing
            calculated("spent", "IF(DIFF(m) > 0, DIFF(m), m)", id="spent"),
            period=DAY_SECONDS,
            view="bar",
            **shown,
        ),
    )


def services_row() -> AWSHelperFn:
    """Return what each service has cost this month, and its trend."""
    shown: dict[str, Any] = {
        "region": BILLING_REGION,
        "columns": COLUMNS,
        "yAxis": {"left": {"min": 0}},
    }
    return row(
        graph(
            "By service, this month so far (US dollars)",
            calculated("", f"SEARCH('{SERVICES}', 'Maximum', {ESTIMATE_SECONDS})", id="month"),
            period=ESTIMATE_SECONDS,
            stacked=True,
            **shown,
        ),
        graph(
            "By service, each day (US dollars)",
            calculated("", f"DIFF(SEARCH('{SERVICES}', 'Maximum', {DAY_SECONDS}))", id="day"),
            period=DAY_SECONDS,
            **shown,
        ),
    )


def anomalies_row() -> AWSHelperFn:
    """Return the band of what is usual around the bill, and where anomalies are explained."""
    shown: dict[str, Any] = {"region": BILLING_REGION, "columns": COLUMNS}
    usd = {"Currency": "USD"}
    text = heading("Anomalies: see Cost Anomaly Detection in Billing and Cost Management")
    return row(
        text,
        graph(
            "The bill and what is usual (US dollars)",
            line("estimated", "AWS/Billing", "EstimatedCharges", usd, "Maximum", id="m"),
            calculated("usual", "ANOMALY_DETECTION_BAND(m, 2)", id="band"),
            period=ESTIMATE_SECONDS,
            **shown,
        ),
    )
