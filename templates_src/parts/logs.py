"""How long logs are kept."""

from __future__ import annotations

from templates_src.contract import Value, contract, parameter


@contract
class Logged:
    """What every component with a log group takes."""

    log_retention_days: Value = parameter(
        "Days that log events are kept.",
        Type="Number",
        default=30,
        group="Logs",
        # what CloudWatch Logs accepts
        AllowedValues=[
            *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192),
            *(2557, 2922, 3288, 3653),
        ],
    )
