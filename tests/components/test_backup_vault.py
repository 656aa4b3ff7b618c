from __future__ import annotations

from templates_src.components.backup_vault import backup_vault


def test_vault_outlives_its_stack_but_not_a_failed_creation() -> None:
    vault = backup_vault.template().to_dict()["Resources"]["Vault"]
    assert vault["DeletionPolicy"] == "RetainExceptOnCreate"
    assert vault["UpdateReplacePolicy"] == "Retain"


def test_vault_is_encrypted_with_the_key_if_there_is_one() -> None:
    vault = backup_vault.template().to_dict()["Resources"]["Vault"]["Properties"]
    condition, key, _ = vault["EncryptionKeyArn"]["Fn::If"]
    assert (condition, key) == ("HasKmsKey", {"Ref": "KmsKeyArn"})
