"""ChronoTrail: an API with identity, a database, search and media, and copies in a second region.

Its groups are in ``groups/chronotrail``: network, people, stores, api and operations.
"""

from __future__ import annotations

from troposphere import Equals, If, Join, Or, Template

from templates_src.components.alerts import alerts
from templates_src.components.collection_access import collection_access
from templates_src.components.configuration import configuration
from templates_src.components.encryption_key import encryption_key
from templates_src.contract import Component, Rule, Value, contract, output
from templates_src.groups.chronotrail import api, network, operations, people, stores
from templates_src.groups.chronotrail.common import APPLICATION
from templates_src.parts.logic import as_nested, is_given, only_if, where_nested

# Blueprints that are deployed before this one, environment by environment, each where its own
# parameters say. What one of them gives is taken here by the parameter of the same name.
STAGES = ("chronotrail-replica",)


@contract
class Parameters(operations.Parameters, people.Parameters, network.Parameters):
    """What the groups take."""


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
    *operations.RULES,
    Rule(
        "ImageIsReachable",
        "Without NAT the public placeholder image cannot be pulled: give Image from this account's"
        " repository, or set DesiredCount to 0 until there is one.",
        holds=Or(is_given(Parameters.image), Equals(Parameters.desired_count, "0")),
        when=Equals(Parameters.nat, "none"),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """ChronoTrail: API on Fargate with Cognito, PostgreSQL, OpenSearch Serverless and media."""
    topic = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    key = encryption_key.nest(t, "Key").key_arn
    net = network.nest_network(t, p)
    users = people.nest_user_pool(t, p)
    data = stores.nest_database(t, p, net, key_arn=key, alarm_topic_arn=topic)
    search = stores.nest_search(t, p, net, alarm_topic_arn=topic)
    media = stores.nest_media(t, p, key_arn=key, alarm_topic_arn=topic)
    backup = stores.nest_backup(t, p, data, key_arn=key, alarm_topic_arn=topic)
    front = api.nest_front(t, p, net, alarm_topic_arn=topic)
    settings = configuration.nest(
        t,
        "Configuration",
        application=APPLICATION,
        environment=p.environment,
        database_host=data.endpoint_address,
        database_port=data.port,
        database_name=data.database_name,
        database_secret_arn=data.connection_secret_arn,
        cluster_name=front.cluster_name,
        kms_key_arn=key,
    )
    service = api.nest_service(
        *(t, p, net, front, users, data, media, search, settings),
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
    firewall, gateway = api.nest_guards(t, p, net, front, users, alarm_topic_arn=topic)
    rotation = operations.nest_rotation(
        t, p, net, data, service_arn=service.service_arn, key_arn=key, alarm_topic_arn=topic
    )
    operations.nest_office_hours(t, p, front, service, data, rotation)
    alarms: list[Value] = [one.alarm_arns for one in (front.balancer, service, data, rotation)]
    alarms += [where_nested(one.alarm_arns) for one in (search, backup, firewall, gateway)]
    alarms.append(only_if(stores.replicates(t, p), media.alarm_arns))
    board = operations.nest_dashboard(t, front, service, data, alarm_arns=Join(",", alarms))
    url = Join("", [front.balancer.url_scheme, "://", front.host])
    return Outputs(
        api_url=If("UsesGateway", as_nested(gateway.url), url),
        load_balancer_url=url,
        repository_uri=front.images.repository_uri,
        cluster_name=front.cluster_name,
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
        name_servers=front.names.name_servers,
    )


chronotrail = Component(Parameters, Outputs, build, rules=RULES)
