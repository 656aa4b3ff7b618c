"""The releases of FastAPI blue/green: CodeDeploy, what a release asks, and who may begin one."""

from __future__ import annotations

from troposphere import Ref, Template

from templates_src.components.codedeploy import codedeploy
from templates_src.components.codedeploy_service import Outputs as ServiceOutputs
from templates_src.components.deployment_hooks import Outputs as HookOutputs
from templates_src.components.deployment_hooks import deployment_hooks
from templates_src.components.load_balancer import Outputs as BalancerOutputs
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.release_role import ISSUER, release_role
from templates_src.components.release_role import Outputs as WorkflowOutputs
from templates_src.contract import Rule, Value, contract, passed_to
from templates_src.groups import environment, front
from templates_src.groups.fastapi_bluegreen.api import CONTAINER, HEALTH_CHECK_PATH
from templates_src.parts.logic import condition, is_given

TEST_PORT = 8443


@contract
class Parameters(environment.Named, front.Parameters):
    deployment_configuration: Value = passed_to(
        codedeploy.takes.deployment_configuration, group="Releases"
    )
    termination_wait_minutes: Value = passed_to(
        codedeploy.takes.termination_wait_minutes, group="Releases"
    )
    validation_seconds: Value = passed_to(
        deployment_hooks.takes.validation_seconds, group="Releases"
    )
    migration_command: Value = passed_to(deployment_hooks.takes.migration_command, group="Releases")
    test_listener_cidr: Value = passed_to(
        deployment_hooks.takes.test_listener_cidr, group="Releases"
    )
    github_repository: Value = passed_to(
        release_role.takes.repository,
        default="",
        group="Releases",
        Description="Repository on GitHub, owner/name, whose workflows release; no role for them if"
        " empty.",
        AllowedPattern="^$|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    )
    github_provider_arn: Value = passed_to(
        release_role.takes.provider_arn,
        default="",
        group="Releases",
        AllowedPattern=f"^$|arn:.*:oidc-provider/{ISSUER}",
    )


RULES = (
    Rule(
        "WorkflowIsTrusted",
        "GithubRepository needs the account's identity provider for GitHub: give"
        " GithubProviderArn.",
        holds=is_given(Parameters.github_provider_arn),
        when=is_given(Parameters.github_repository),
    ),
)


def nest_releases(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    balancer: BalancerOutputs,
    service: ServiceOutputs,
    *,
    nat_public_ips: Value,
    cluster_name: Value,
    alarm_topic_arn: Value,
) -> HookOutputs:
    """Nest what releases the service, and what a release asks."""
    hooks = deployment_hooks.nest(
        t,
        "Hooks",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        application_name=Ref("AWS::StackName"),
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        nat_public_ips=nat_public_ips,
        load_balancer_security_group_id=balancer.security_group_id,
        load_balancer_dns_name=balancer.dns_name,
        url_scheme=balancer.url_scheme,
        test_listener_port=TEST_PORT,
        test_listener_cidr=p.test_listener_cidr,
        host_name=p.domain_name,
        health_check_path=HEALTH_CHECK_PATH,
        validation_seconds=p.validation_seconds,
        migration_command=p.migration_command,
        cluster_name=cluster_name,
        container_name=CONTAINER,
        task_definition_family=service.task_definition_family,
        task_security_group_ids=service.security_group_ids,
        task_log_group_name=service.log_group_name,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    codedeploy.nest(
        t,
        "Releases",
        application_name=Ref("AWS::StackName"),
        deployment_configuration=p.deployment_configuration,
        termination_wait_minutes=p.termination_wait_minutes,
        cluster_name=cluster_name,
        service_name=service.service_name,
        load_balancer_full_name=balancer.full_name,
        listener_arn=balancer.listener_arn,
        test_listener_arn=balancer.test_listener_arn,
        blue_target_group_name=service.blue_target_group_name,
        green_target_group_name=service.green_target_group_name,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        hook_function_arns=hooks.function_arns,
        rollback_alarm_names=service.rollback_alarm_names,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return hooks


def nest_workflow(
    t: Template, p: Parameters, service: ServiceOutputs, *, repository_arn: Value
) -> WorkflowOutputs:
    """Nest the role of the workflow that begins releases, where there is one."""
    return release_role.nest_if(
        condition(t, "HasWorkflow", is_given(p.github_repository)),
        t,
        "Workflow",
        provider_arn=p.github_provider_arn,
        repository=p.github_repository,
        github_environment=p.environment,
        stack_name=Ref("AWS::StackName"),
        application_name=Ref("AWS::StackName"),
        repository_arn=repository_arn,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
