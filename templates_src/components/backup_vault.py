"""A vault of AWS Backup: where recovery points are kept and encrypted."""

from __future__ import annotations

from troposphere import GetAtt, Join, Ref, Select, Split, Template
from troposphere.backup import BackupVault

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Parameters:
    kms_key_arn: Value = parameter(
        "ARN of the key for recovery points, in this region; AWS's own if empty. Changing it"
        " replaces the vault.",
        default="",
        AllowedPattern="^$|arn:.*",
    )


@contract
class Outputs:
    vault_name: Value = output("Name of the vault.")
    vault_arn: Value = output("ARN of the vault.")


def build(t: Template, p: Parameters) -> Outputs:
    """Vault for recovery points."""
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    # it must have a name; the stack's would be too long
    unique = Select(0, Split("-", Select(2, Split("/", Ref("AWS::StackId")))))
    vault = t.add_resource(
        BackupVault(
            "Vault",
            BackupVaultName=Join("-", ["backups", unique]),
            EncryptionKeyArn=only_if(keyed, p.kms_key_arn),
            # AWS deletes no vault that holds something, and this outlives what it protects
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
        )
    )
    return Outputs(vault_name=Ref(vault), vault_arn=GetAtt(vault, "BackupVaultArn"))


backup_vault = Component(Parameters, Outputs, build)
