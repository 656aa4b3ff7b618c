"""How many requests of one service X-Ray traces."""

from __future__ import annotations

from troposphere import GetAtt, Join, Ref, Select, Split, Template
from troposphere.xray import SamplingRule, SamplingRuleProperty

from templates_src.contract import Component, Value, contract, output, parameter

# before X-Ray's own default, which has priority 10,000
PRIORITY = 1000
ANY = "*"  # in a sampling rule: whatever the request is


@contract
class Parameters:
    traced_service_name: Value = parameter(
        "Name by which the service identifies itself in its traces (OTEL_SERVICE_NAME).",
        MaxLength=64,
    )
    sampled_per_second: Value = parameter(
        "Requests a second that are traced in any case, over all tasks together.",
        Type="Number",
        MinValue=0,
        default=1,
        group="Tracing",
    )
    sampled_share: Value = parameter(
        "Share of the other requests that is traced, from 0 to 1; X-Ray bills each trace.",
        Type="Number",
        MinValue=0,
        MaxValue=1,
        default="0.05",
        group="Tracing",
    )


@contract
class Outputs:
    sampling_rule_arn: Value = output("ARN of the sampling rule.")


def build(t: Template, p: Parameters) -> Outputs:
    """X-Ray sampling rule of one service."""
    # X-Ray wants a name, unique in the account and at most 32 characters long
    stack = Select(0, Split("-", Select(2, Split("/", Ref("AWS::StackId")))))
    rule = t.add_resource(
        SamplingRule(
            "SamplingRule",
            SamplingRule=SamplingRuleProperty(
                RuleName=Join("-", ["traces", stack]),
                Priority=PRIORITY,
                ReservoirSize=p.sampled_per_second,
                FixedRate=p.sampled_share,
                ServiceName=p.traced_service_name,
                ServiceType=ANY,
                Host=ANY,
                HTTPMethod=ANY,
                URLPath=ANY,
                ResourceARN=ANY,
                Version=1,
            ),
        )
    )
    return Outputs(sampling_rule_arn=GetAtt(rule, "RuleARN"))


trace_sampling = Component(Parameters, Outputs, build)
