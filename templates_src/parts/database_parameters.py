"""What every PostgreSQL server of RDS is told, a single instance and a cluster alike."""

from __future__ import annotations

from templates_src.contract import Value, contract, flag, parameter
from templates_src.parts import postgres

REPLACES = "Changing it replaces the database."
WINDOW = "([01][0-9]|2[0-3]):[0-5][0-9]"
DAY = "(mon|tue|wed|thu|fri|sat|sun)"
IDENTIFIER = "^$|^[a-z](-?[a-z0-9]){0,62}$"


@contract
class Operated:
    """What every component with a PostgreSQL server takes."""

    vpc_id: Value = parameter("VPC of the database.", Type="AWS::EC2::VPC::Id")
    subnet_ids: Value = parameter(
        "Isolated or private subnets in at least two zones.", Type="List<AWS::EC2::Subnet::Id>"
    )
    database_name: Value = parameter(
        f"Name of the database that is created in it. {REPLACES}",
        AllowedPattern=f"^{postgres.NAME}$",
        ConstraintDescription=postgres.NAME_RULE,
    )
    master_username: Value = parameter(
        f"User that owns the database; named as the database is if empty. {REPLACES}",
        default="",
        AllowedPattern=f"^$|^{postgres.NAME}$",
        ConstraintDescription=postgres.NAME_RULE,
    )
    # RDS refuses to go back to an older minor version. So a version is either the major alone,
    # and RDS upgrades the minor in the maintenance window, or complete, and RDS leaves it alone;
    # a complete one that RDS upgraded would make the next update of the stack a downgrade.
    engine_version: Value = parameter(
        "PostgreSQL version: a major (17) follows its minor versions by itself, a complete one"
        " (17.6) stays until it is changed here.",
        default="17",
        AllowedPattern=r"^(1[5-9]|[2-9][0-9])(\.[0-9]+)?$",
    )
    deletion_protection: Value = flag(
        "Whether the database refuses to be deleted, and with it a failed first deployment to be"
        " rolled back.",
        default=False,
    )
    kms_key_arn: Value = parameter(
        f"ARN of the key for storage and secrets; AWS's own if empty. {REPLACES}",
        default="",
        AllowedPattern="^$|^arn:.*",
    )
    ca_certificate: Value = parameter(
        "Authority that signs the certificate of the server.",
        default="rds-ca-rsa2048-g1",
        AllowedValues=["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
    )
    backup_retention_days: Value = parameter(
        "Days that daily backups are kept and any second within them can be restored.",
        Type="Number",
        MinValue=1,
        MaxValue=35,
        default=7,
    )
    backup_window: Value = parameter(
        "Time of the daily backup in UTC, apart from maintenance.",
        default="03:00-04:00",
        AllowedPattern=f"^{WINDOW}-{WINDOW}$",
    )
    maintenance_window: Value = parameter(
        "Time of weekly maintenance in UTC.",
        default="sun:04:30-sun:05:30",
        AllowedPattern=f"^{DAY}:{WINDOW}-{DAY}:{WINDOW}$",
    )
