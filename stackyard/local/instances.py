"""Database instances of templates: restored from a snapshot, and snapshotted when replaced.

MiniStack's template form passes over the snapshot that an instance is made from, and deletes a
replaced instance whatever its policy and its protection say.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from stackyard.local import ministack
from stackyard.local.handlers import Created, Handler, Properties
from stackyard.local.restores import RefusedError, check_size, snapshot, tell

INSTANCE = "AWS::RDS::DBInstance"
FORMS = "services.cloudformation.provisioners"
# A restored instance has them from its snapshot, whatever a template says
INHERITED = ("MasterUsername", "DBName", "StorageEncrypted", "KmsKeyId")
PROTECTED = "Cannot delete protected DB Instance, please disable deletion protection and try again."


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Wrap MiniStack's own handler and its engine's replacement."""
    native = handlers[INSTANCE]["create"]
    forms = ministack.module(FORMS)
    replace = forms._replace_resource

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        name = properties.get("DBSnapshotIdentifier")
        if not name:
            made: Created = native(logical_id, properties, stack)
            return made
        try:
            source = snapshot(name)
            check_size(properties, source)
        except RefusedError as refusal:
            text = f"{refusal} (Service: Rds, Status Code: {refusal.status})"
            raise ValueError(text) from refusal
        made = native(logical_id, properties, stack)
        instance = ministack.module("services.rds")._instances[made[0]]
        instance.update({key: source[key] for key in INHERITED if key in source})
        tell(instance, f"Restored from snapshot {source['DBSnapshotIdentifier']}")
        return made

    def replaced(
        kind: str, name: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Created:
        made: Created = replace(kind, name, old, new, stack, logical_id)
        resource = ministack.stacks()[stack]["_template"]["Resources"][logical_id]
        if kind == INSTANCE and resource.get("UpdateReplacePolicy") == "Snapshot":
            # the engine deletes the old one last, after what it finds in here
            forms._DEFERRED_PREDECESSOR_DELETES.get().insert(0, (_part_with, (name, old), {}))
        return made

    handlers[INSTANCE] = {**handlers[INSTANCE], "create": create}
    forms._replace_resource = replaced


def _part_with(name: str, properties: Properties) -> None:
    """Take the last snapshot of an instance that is replaced, if it may be deleted at all."""
    if ministack.module("services.rds")._instances[name]["DeletionProtection"]:
        raise ValueError(PROTECTED)
    ministack.module(FORMS)._rds_db_instance_snapshot(name, properties)
