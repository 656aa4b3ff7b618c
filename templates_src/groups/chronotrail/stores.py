"""The stores of ChronoTrail: database, search, media, and their copies in another region."""

from __future__ import annotations

from troposphere import Join, Ref, Template

from templates_src.components.backup_plan import Outputs as BackupOutputs
from templates_src.components.backup_plan import backup_plan
from templates_src.components.backup_vault import backup_vault
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.database import database
from templates_src.components.media_bucket import Outputs as MediaOutputs
from templates_src.components.media_bucket import media_bucket
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.vector_collection import Outputs as SearchOutputs
from templates_src.components.vector_collection import vector_collection
from templates_src.contract import Value, contract, flag, passed_to
from templates_src.groups import postgres
from templates_src.groups.chronotrail.common import APPLICATION, Common, named
from templates_src.parts.logic import as_nested, condition, is_given, is_true


@contract
class Parameters(Common, postgres.Parameters):
    read_replica: Value = passed_to(database.takes.read_replica)
    insights_mode: Value = passed_to(database.takes.insights_mode)

    has_search: Value = flag(
        "Whether there is a search collection; it costs by the hour even when nobody searches, some"
        " 350 USD a month with standby replicas and half of that without.",
        default=True,
        group="Search",
    )
    search_access: Value = passed_to(vector_collection.takes.access, group="Search")
    standby_replicas: Value = passed_to(vector_collection.takes.standby_replicas, group="Search")
    max_indexing_ocu: Value = passed_to(vector_collection.takes.max_indexing_ocu, group="Search")
    max_search_ocu: Value = passed_to(vector_collection.takes.max_search_ocu, group="Search")
    search_error_threshold_count: Value = passed_to(
        vector_collection.takes.request_error_threshold_count
    )
    search_latency_threshold_milliseconds: Value = passed_to(
        vector_collection.takes.latency_threshold_milliseconds
    )
    ocu_threshold_count: Value = passed_to(vector_collection.takes.ocu_threshold_count)

    media_noncurrent_days: Value = passed_to(media_bucket.takes.noncurrent_days, group="Media")
    media_tiering_days: Value = passed_to(media_bucket.takes.tiering_days, group="Media")
    media_cors_origins: Value = passed_to(media_bucket.takes.cors_origins, group="Media")
    media_domain_name: Value = passed_to(media_bucket.takes.distribution_domain_name, group="Media")
    media_certificate_arn: Value = passed_to(
        media_bucket.takes.distribution_certificate_arn, group="Media"
    )
    media_web_acl_arn: Value = passed_to(media_bucket.takes.distribution_web_acl_arn, group="Media")
    signing_key_group_ids: Value = passed_to(
        media_bucket.takes.signing_key_group_ids, group="Media"
    )

    # these three have the names of the outputs of the stack that is deployed before this one
    replica_bucket_arn: Value = passed_to(
        media_bucket.takes.replica_bucket_arn, group="Second region"
    )
    replica_key_arn: Value = passed_to(media_bucket.takes.replica_key_arn, group="Second region")
    copy_vault_arn: Value = passed_to(backup_plan.takes.copy_vault_arn, group="Second region")
    replicates_deletions: Value = passed_to(
        media_bucket.takes.replicates_deletions, group="Second region"
    )
    lag_threshold_seconds: Value = passed_to(media_bucket.takes.lag_threshold_seconds)

    has_backup_plan: Value = flag(
        "Whether AWS Backup takes daily backups besides those of the database itself.",
        default=False,
        group="Backup",
    )
    backup_days: Value = passed_to(backup_plan.takes.retention_days, group="Backup")
    backup_copy_days: Value = passed_to(backup_plan.takes.copy_retention_days, group="Backup")


def nest_database(
    t: Template, p: Parameters, net: NetworkOutputs, *, key_arn: Value, alarm_topic_arn: Value
) -> DatabaseOutputs:
    """Nest the database, in subnets without a way out."""
    return database.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.isolated_subnet_ids,
        database_name=APPLICATION,
        read_replica=p.read_replica,
        kms_key_arn=key_arn,
        insights_mode=p.insights_mode,
        alarm_topic_arn=alarm_topic_arn,
        **postgres.instance(p),
    )


def nest_search(
    t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value
) -> SearchOutputs:
    """Nest the search collection where it is wanted; AWS's own key encrypts its documents."""
    return vector_collection.nest_if(
        has_search(t, p),
        t,
        "Search",
        collection_name=named(p),
        access=p.search_access,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        standby_replicas=p.standby_replicas,
        max_indexing_ocu=p.max_indexing_ocu,
        max_search_ocu=p.max_search_ocu,
        deletion_protection=p.deletion_protection,
        request_error_threshold_count=p.search_error_threshold_count,
        latency_threshold_milliseconds=p.search_latency_threshold_milliseconds,
        ocu_threshold_count=p.ocu_threshold_count,
        alarm_topic_arn=alarm_topic_arn,
    )


def has_search(t: Template, p: Parameters) -> str:
    """Return the condition that there is search."""
    return condition(t, "UsesSearch", is_true(p.has_search))


def replicates(t: Template, p: Parameters) -> str:
    """Return the condition that media are replicated."""
    return condition(t, "ReplicatesMedia", is_given(p.replica_bucket_arn))


def nest_media(
    t: Template, p: Parameters, *, key_arn: Value, alarm_topic_arn: Value
) -> MediaOutputs:
    """Nest the bucket of media."""
    return media_bucket.nest(
        t,
        "Media",
        kms_key_arn=key_arn,
        noncurrent_days=p.media_noncurrent_days,
        tiering_days=p.media_tiering_days,
        cors_origins=p.media_cors_origins,
        replica_bucket_arn=p.replica_bucket_arn,
        replica_key_arn=p.replica_key_arn,
        replicates_deletions=p.replicates_deletions,
        distribution_domain_name=p.media_domain_name,
        distribution_certificate_arn=p.media_certificate_arn,
        distribution_web_acl_arn=p.media_web_acl_arn,
        signing_key_group_ids=p.signing_key_group_ids,
        lag_threshold_seconds=p.lag_threshold_seconds,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def nest_backup(
    t: Template, p: Parameters, data: DatabaseOutputs, *, key_arn: Value, alarm_topic_arn: Value
) -> BackupOutputs:
    """Nest the plan that backs up the database; media are versioned and replicated instead."""
    planned = condition(t, "PlansBackups", is_true(p.has_backup_plan))
    vault = backup_vault.nest_if(planned, t, "BackupVault", kms_key_arn=key_arn)
    place = [Ref(f"AWS::{name}") for name in ("Region", "AccountId")]
    arn = Join(":", ["arn", Ref("AWS::Partition"), "rds", *place, "db", data.instance_identifier])
    return backup_plan.nest_if(
        planned,
        t,
        "Backup",
        vault_name=as_nested(vault.vault_name),
        copy_vault_arn=p.copy_vault_arn,
        resource_arns=arn,
        retention_days=p.backup_days,
        copy_retention_days=p.backup_copy_days,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
