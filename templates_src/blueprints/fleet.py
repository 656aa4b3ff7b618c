"""Fleet: a system, or the bootstrap, in many accounts and regions by a StackSet."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.stack_set import stack_set
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    template_key: Value = passed_to(stack_set.takes.template_key, group="Templates")
    stack_set_name: Value = passed_to(stack_set.takes.stack_set_name)
    organizational_unit_ids: Value = passed_to(stack_set.takes.organizational_unit_ids, default="")
    account_ids: Value = passed_to(stack_set.takes.account_ids, default="")
    account_filter: Value = passed_to(stack_set.takes.account_filter)
    region_names: Value = passed_to(stack_set.takes.region_names)
    auto_deployment: Value = passed_to(stack_set.takes.auto_deployment)
    retain_on_removal: Value = passed_to(stack_set.takes.retain_on_removal)
    attempt: Value = passed_to(stack_set.takes.attempt)
    region_concurrency: Value = passed_to(stack_set.takes.region_concurrency)
    max_concurrent_percent: Value = passed_to(stack_set.takes.max_concurrent_percent)
    failure_tolerance_percent: Value = passed_to(stack_set.takes.failure_tolerance_percent)
    concurrency_mode: Value = passed_to(stack_set.takes.concurrency_mode)
    permission_model: Value = passed_to(stack_set.takes.permission_model)
    call_as: Value = passed_to(stack_set.takes.call_as)
    administration_role_arn: Value = passed_to(stack_set.takes.administration_role_arn)
    execution_role_name: Value = passed_to(stack_set.takes.execution_role_name)


@contract
class Outputs:
    stack_set_id: Value = output("StackSet.")
    stack_set_name: Value = output("Its name.")


def build(t: Template, p: Parameters) -> Outputs:
    """Fleet: one template in many accounts and regions."""
    rollout = stack_set.nest(
        t,
        "Rollout",
        template_bucket=p.template_bucket,
        template_key=p.template_key,
        stack_set_name=p.stack_set_name,
        organizational_unit_ids=p.organizational_unit_ids,
        account_ids=p.account_ids,
        account_filter=p.account_filter,
        region_names=p.region_names,
        auto_deployment=p.auto_deployment,
        retain_on_removal=p.retain_on_removal,
        attempt=p.attempt,
        region_concurrency=p.region_concurrency,
        max_concurrent_percent=p.max_concurrent_percent,
        failure_tolerance_percent=p.failure_tolerance_percent,
        concurrency_mode=p.concurrency_mode,
        permission_model=p.permission_model,
        call_as=p.call_as,
        administration_role_arn=p.administration_role_arn,
        execution_role_name=p.execution_role_name,
    )
    return Outputs(stack_set_id=rollout.stack_set_id, stack_set_name=rollout.stack_set_name)


fleet = Component(Parameters, Outputs, build)
