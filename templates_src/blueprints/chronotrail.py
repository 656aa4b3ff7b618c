"""ChronoTrail: an API with identity, a database, search and media, and copies in a second region.

What it shares with other blueprints is in ``groups``, its people, stores and API in
``groups/chronotrail``.
"""

from __future__ import annotations

from troposphere import Equals, If, Join, Ref, Template

from templates_src.components.alerts import alerts
from templates_src.components.cluster import cluster
from templates_src.components.collection_access import collection_access
from templates_src.components.configuration import configuration
from templates_src.components.encryption_key import encryption_key
from templates_src.components.monitoring import monitoring
from templates_src.components.network import network as vpc
from templates_src.components.registry import registry
from templates_src.contract import Component, Rule, Value, contract, output, passed_to
from templates_src.groups import fargate, front, hours, network, postgres
from templates_src.groups.chronotrail import api, people, stores
from templates_src.groups.chronotrail.common import APPLICATION
from templates_src.parts.logic import as_nested, only_if, where_nested

# for the secrets and media that a key encrypts, and for whoever signs in
CALLED_SERVICES = f"{network.CALLED_SERVICES},cognito-idp,kms"

# Blueprints that are deployed before this one, environment by environment, each where its own
# parameters say. What one of them gives is taken here by the parameter of the same name.
STAGES = ("chronotrail-edge", "chronotrail-replica")


@contract
class Parameters(
    hours.Parameters, stores.Parameters, people.Parameters, api.Parameters, network.Parameters
):
    az_count: Value = passed_to(vpc.takes.az_count)
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")


@contract
class Outputs:
    api_url: Value = output("Address of the API: API Gateway's where there is one.")
    load_balancer_url: Value = output("Address of the load balancer.")
    repository_uri: Value = output("Where the image is pushed to.")
    cluster_name: Value = output("ECS cluster.")
    service_name: Value = output("ECS service.")
    task_definition_arn: Value = output("Task definition, for one-off tasks such as migrations.")
    task_subnet_ids: Value = output("Comma-joined subnets of the tasks.")
    task_security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    log_group_name: Value = output("Log group of the application.")
    database_host: Value = output("Host name of the database.")
    connection_secret_arn: Value = output("Secret with the database's user, password and URL.")
    user_pool_id: Value = output("User pool.")
    user_pool_client_id: Value = output("Client of the user pool.")
    login_url: Value = output("Address of the login pages; empty if there are none.")
    search_endpoint: Value = output("Address of search; empty if there is none.")
    media_bucket_name: Value = output("Bucket of media.")
    media_distribution_dns_name: Value = output(
        "Name that MediaDomainName's record points at; empty if there is no distribution."
    )
    parameter_path: Value = output("SSM path of the configuration.")
    alarm_topic_arn: Value = output("Topic to subscribe to for alarms.")
    dashboard_name: Value = output("CloudWatch dashboard.")
    name_servers: Value = output("Name servers to set at the registrar; empty without a new zone.")


RULES = (
    *api.RULES,
    *hours.RULES,
    hours.replica_rule(Parameters.read_replica),
    # https://docs.aws.amazon.com/cognito/latest/developerguide/vpc-interface-endpoints.html
    Rule(
        "LoginPagesNeedNat",
        "Without NAT the application reaches Cognito through an endpoint, which refuses a user pool"
        " with login pages: leave LoginDomainPrefix empty, or give Nat another value.",
        holds=Equals(Parameters.login_domain_prefix, ""),
        when=Equals(Parameters.nat, "none"),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """ChronoTrail: API on Fargate with Cognito, PostgreSQL, OpenSearch Serverless and media."""
    topic = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    key = encryption_key.nest(t, "Key").key_arn
    net, _ = network.nest_network(
        t, p, az_count=p.az_count, has_isolated_tier=True, called_services=CALLED_SERVICES
    )
    users = people.nest_user_pool(t, p)
    data = stores.nest_database(t, p, net, key_arn=key, alarm_topic_arn=topic)
    search = stores.nest_search(t, p, net, alarm_topic_arn=topic)
    media = stores.nest_media(t, p, key_arn=key, alarm_topic_arn=topic)
    backup = stores.nest_backup(t, p, data, key_arn=key, alarm_topic_arn=topic)
    before = front.nest_front(t, p, net, alarm_topic_arn=topic)
    balancer = before.balancer
    images = registry.nest(t, "Registry")
    tasks = cluster.nest(
        t,
        "Cluster",
        cluster_name=Ref("AWS::StackName"),  # ChronoTrail-Dev
        container_insights=p.container_insights,
    )
    settings = configuration.nest(
        t,
        "Configuration",
        application=APPLICATION,
        environment=p.environment,
        database_host=data.endpoint_address,
        database_port=data.port,
        database_name=data.database_name,
        database_secret_arn=data.connection_secret_arn,
        cluster_name=tasks.cluster_name,
        kms_key_arn=key,
    )
    where = fargate.place(net, balancer, tasks, images)
    service = api.nest_service(
        *(t, p, where, users, data, media, search, settings),
        key_arn=key,
        alarm_topic_arn=topic,
    )
    # last, because it names the role of the tasks; until then their searches are refused
    collection_access.nest_if(
        stores.has_search(t, p),
        t,
        "SearchPermission",
        collection_name=as_nested(search.collection_name),
        collection_arn=as_nested(search.collection_arn),
        role_arn=service.task_role_arn,
    )
    firewall, gateway = api.nest_guards(t, p, net, before, users, alarm_topic_arn=topic)
    rotation = postgres.nest_rotation(
        *(t, p, net, data),
        service_arns=service.service_arn,
        kms_key_arn=key,
        alarm_topic_arn=topic,
    )
    alarmed = (balancer, service, data, rotation)
    hours.nest_office_hours(
        t,
        p,
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        instance_identifier=data.instance_identifier,
        alarm_names=[one.alarm_names for one in alarmed],
    )
    alarms: list[Value] = [one.alarm_arns for one in alarmed]
    alarms += [where_nested(one.alarm_arns) for one in (search, backup, firewall, gateway)]
    alarms.append(only_if(stores.replicates(t, p), media.alarm_arns))
    board = monitoring.nest(
        t,
        "Monitoring",
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        log_group_name=service.log_group_name,
        load_balancer_full_name=balancer.full_name,
        target_group_full_name=service.target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=Join(",", alarms),
    )
    return Outputs(
        api_url=If("UsesGateway", as_nested(gateway.url), before.url),
        load_balancer_url=before.url,
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        task_definition_arn=service.task_definition_arn,
        task_subnet_ids=net.private_subnet_ids,
        task_security_group_ids=Join(
            ",", [service.security_group_id, data.client_security_group_id]
        ),
        log_group_name=service.log_group_name,
        database_host=data.endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        user_pool_id=users.user_pool_id,
        user_pool_client_id=users.client_id,
        login_url=users.login_url,
        search_endpoint=search.endpoint,
        media_bucket_name=media.bucket_name,
        media_distribution_dns_name=media.distribution_dns_name,
        parameter_path=settings.parameter_path,
        alarm_topic_arn=topic,
        dashboard_name=board.dashboard_name,
        name_servers=before.names.name_servers,
    )


chronotrail = Component(Parameters, Outputs, build, rules=RULES)
