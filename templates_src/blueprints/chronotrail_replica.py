"""ChronoTrail's second region: the replica of its media and the vault of its backups' copies."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.assets_bucket import assets_bucket
from templates_src.components.backup_vault import backup_vault
from templates_src.components.encryption_key import encryption_key
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    noncurrent_days: Value = passed_to(assets_bucket.takes.noncurrent_days, group="Media")
    tiering_days: Value = passed_to(assets_bucket.takes.tiering_days, group="Media")


@contract
class Outputs:
    replica_bucket_arn: Value = output("ARN of the bucket that media are replicated to.")
    replica_key_arn: Value = output("ARN of the key that encrypts the replicas.")
    copy_vault_arn: Value = output("ARN of the vault that backups are copied to.")


def build(t: Template, p: Parameters) -> Outputs:
    """Second region of ChronoTrail: key, replica bucket and backup vault."""
    key = encryption_key.nest(t, "Key").key_arn
    replica = assets_bucket.nest(
        t,
        "Replica",
        kms_key_arn=key,
        noncurrent_days=p.noncurrent_days,
        tiering_days=p.tiering_days,
    )
    vault = backup_vault.nest(t, "Vault", kms_key_arn=key)
    return Outputs(
        replica_bucket_arn=replica.bucket_arn,
        replica_key_arn=key,
        copy_vault_arn=vault.vault_arn,
    )


chronotrail_replica = Component(Parameters, Outputs, build)
