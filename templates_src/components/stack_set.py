"""A StackSet: one template in many accounts and regions."""

from __future__ import annotations

from troposphere import And, Condition, Equals, GetAtt, If, Not, NoValue, Split, Sub, Template
from troposphere.cloudformation import (
    AutoDeployment,
    DeploymentTargets,
    ManagedExecution,
    OperationPreferences,
    StackInstances,
    StackSet,
)

from templates_src.contract import (
    Component,
    Nesting,
    Rule,
    Value,
    contract,
    flag,
    output,
    parameter,
    passed_to,
)
from templates_src.parts.logic import condition, is_given, is_true, only_if

UNIT = "(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32})"
SERVICE_MANAGED, SELF_MANAGED = "SERVICE_MANAGED", "SELF_MANAGED"


@contract
class Parameters:
    template_bucket: Value = passed_to(Nesting.template_bucket)
    template_key: Value = parameter(
        "Key of the template that is rolled out. python build.py fleet fills it in, with the digest"
        " of the template, so that another template is another key.",
        default="fleet/bootstrap.yaml",
        AllowedPattern="[A-Za-z0-9._/-]+",
        MaxLength=512,
    )
    stack_set_name: Value = parameter(
        "Name of the StackSet. Changing it makes another.",
        AllowedPattern="[A-Za-z][A-Za-z0-9-]{0,127}",
    )
    permission_model: Value = parameter(
        "Whether roles of the organisation's own (SERVICE_MANAGED) or roles made beforehand"
        " (SELF_MANAGED) deploy. Changing it makes another StackSet.",
        default=SERVICE_MANAGED,
        AllowedValues=[SERVICE_MANAGED, SELF_MANAGED],
        group="Permissions",
    )
    call_as: Value = parameter(
        "Whether the account is the organisation's management account (SELF) or a delegated"
        " administrator (DELEGATED_ADMIN).",
        default="SELF",
        AllowedValues=["SELF", "DELEGATED_ADMIN"],
        group="Permissions",
    )
    administration_role_arn: Value = parameter(
        "ARN of the role that assumes the execution roles, with SELF_MANAGED;"
        " AWSCloudFormationStackSetAdministrationRole if empty.",
        default="",
        AllowedPattern="^$|arn:[^:]+:iam::[0-9]*:role/.*",
        group="Permissions",
    )
    execution_role_name: Value = parameter(
        "Name of the role that deploys in each account, with SELF_MANAGED.",
        default="AWSCloudFormationStackSetExecutionRole",
        AllowedPattern="[A-Za-z0-9_+=,.@-]{1,64}",
        group="Permissions",
    )
    organizational_unit_ids: Value = parameter(
        "Comma-joined organisational units, or the root, whose accounts get it, with"
        " SERVICE_MANAGED.",
        AllowedPattern=f"^$|{UNIT}(,{UNIT})*",
        group="Targets",
    )
    account_ids: Value = parameter(
        "Comma-joined accounts that get it with SELF_MANAGED; with SERVICE_MANAGED, what"
        " AccountFilter is about.",
        AllowedPattern="^$|[0-9]{12}(,[0-9]{12})*",
        group="Targets",
    )
    account_filter: Value = parameter(
        "What AccountIds means for the units: NONE ignores it, INTERSECTION are only these"
        " accounts, DIFFERENCE all but these, UNION these as well.",
        default="NONE",
        AllowedValues=["NONE", "INTERSECTION", "DIFFERENCE", "UNION"],
        group="Targets",
    )
    region_names: Value = parameter(
        "Regions that get it, in the order in which they do.",
        Type="CommaDelimitedList",
        AllowedPattern="[a-z]{2}(-[a-z]+)+-[0-9]",
        group="Targets",
    )
    auto_deployment: Value = flag(
        "Whether an account that joins a unit gets it by itself, with SERVICE_MANAGED.",
        default=True,
        group="Targets",
    )
    retain_on_removal: Value = flag(
        "Whether the stack of an account that leaves a unit is kept, with AutoDeployment.",
        default=True,
        group="Targets",
    )
    attempt: Value = parameter(
        "Number of the attempt. python build.py fleet raises it to have instances that failed tried"
        " again where nothing else changed.",
        Type="Number",
        MinValue=1,
        default=1,
        group="Rollout",
    )
    region_concurrency: Value = parameter(
        "Whether regions follow each other or are done at the same time.",
        default="SEQUENTIAL",
        AllowedValues=["SEQUENTIAL", "PARALLEL"],
        group="Rollout",
    )
    max_concurrent_percent: Value = parameter(
        "Percentage of the accounts of a region that are done at the same time.",
        Type="Number",
        MinValue=1,
        MaxValue=100,
        default=10,
        group="Rollout",
    )
    failure_tolerance_percent: Value = parameter(
        "Percentage of the accounts of a region that may fail before all else stops.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=0,
        group="Rollout",
    )
    concurrency_mode: Value = parameter(
        "Whether failures slow the rollout down (STRICT) or only end it (SOFT).",
        default="STRICT_FAILURE_TOLERANCE",
        AllowedValues=["STRICT_FAILURE_TOLERANCE", "SOFT_FAILURE_TOLERANCE"],
        group="Rollout",
    )


@contract
class Outputs:
    stack_set_id: Value = output("StackSet.")
    stack_set_name: Value = output("Its name.")


RULES = [
    Rule(
        "ServiceManagedHasUnits",
        "With SERVICE_MANAGED give OrganizationalUnitIds: accounts alone are for SELF_MANAGED.",
        holds=is_given(Parameters.organizational_unit_ids),
        when=Equals(Parameters.permission_model, SERVICE_MANAGED),
    ),
    Rule(
        "SelfManagedHasAccounts",
        "With SELF_MANAGED give AccountIds: units are for SERVICE_MANAGED.",
        holds=is_given(Parameters.account_ids),
        when=Equals(Parameters.permission_model, SELF_MANAGED),
    ),
    Rule(
        "FilterHasAccounts",
        "AccountFilter is about AccountIds: give them, or NONE.",
        holds=is_given(Parameters.account_ids),
        when=Not(Equals(Parameters.account_filter, "NONE")),
    ),
]


def build(t: Template, p: Parameters) -> Outputs:
    """StackSet: one template in many accounts and regions."""
    serviced = condition(t, "IsServiceManaged", Equals(p.permission_model, SERVICE_MANAGED))
    administered = condition(
        t,
        "HasAdministrationRole",
        And(Not(Condition(serviced)), is_given(p.administration_role_arn)),
    )
    host = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}"
    made = t.add_resource(
        StackSet(
            "StackSet",
            StackSetName=p.stack_set_name,
            # any change has CloudFormation update the instances that are not current
            Description=Sub("Rolled out from ${TemplateKey}, attempt ${Attempt}"),
            TemplateURL=Sub(f"{host}/${{TemplateKey}}"),
            PermissionModel=p.permission_model,
            CallAs=only_if(serviced, p.call_as),
            AdministrationRoleARN=only_if(administered, p.administration_role_arn),
            ExecutionRoleName=If(serviced, NoValue, p.execution_role_name),
            AutoDeployment=only_if(serviced, _auto_deployment(t, p)),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            ManagedExecution=ManagedExecution(Active=True),
            OperationPreferences=OperationPreferences(
                RegionOrder=p.region_names,
                RegionConcurrencyType=p.region_concurrency,
                MaxConcurrentPercentage=p.max_concurrent_percent,
                FailureTolerancePercentage=p.failure_tolerance_percent,
                ConcurrencyMode=p.concurrency_mode,
            ),
            StackInstancesGroup=[
                StackInstances(DeploymentTargets=_targets(t, p), Regions=p.region_names)
            ],
        )
    )
    return Outputs(stack_set_id=GetAtt(made, "StackSetId"), stack_set_name=p.stack_set_name)


def _auto_deployment(t: Template, p: Parameters) -> AutoDeployment:
    joins = condition(t, "JoinsByItself", is_true(p.auto_deployment))
    return AutoDeployment(
        Enabled=p.auto_deployment,
        RetainStacksOnAccountRemoval=only_if(joins, p.retain_on_removal),
    )


def _targets(t: Template, p: Parameters) -> DeploymentTargets:
    """Return who gets it; accounts are given to units only together with a filter."""
    filtered = condition(t, "IsFiltered", Not(Equals(p.account_filter, "NONE")))
    accounts = Split(",", p.account_ids)
    return DeploymentTargets(
        OrganizationalUnitIds=only_if("IsServiceManaged", Split(",", p.organizational_unit_ids)),
        AccountFilterType=only_if("IsServiceManaged", p.account_filter),
        Accounts=If("IsServiceManaged", only_if(filtered, accounts), accounts),
    )


stack_set = Component(Parameters, Outputs, build, rules=RULES)
