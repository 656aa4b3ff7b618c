"""The table that orders are written down in."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template, dynamodb

from templates_src.contract import Component, Value, contract, flag, output


@contract
class Parameters:
    deletion_protection: Value = flag("Whether the table refuses to be deleted.", default=True)


@contract
class Outputs:
    table_name: Value = output("Name of the table.")
    table_arn: Value = output("ARN of the table, to grant access.")


def build(t: Template, p: Parameters) -> Outputs:
    """Table of orders, encrypted, with recovery to any second of 35 days."""
    table = t.add_resource(
        dynamodb.Table(
            "Orders",
            AttributeDefinitions=[
                dynamodb.AttributeDefinition(AttributeName="OrderId", AttributeType="S")
            ],
            KeySchema=[dynamodb.KeySchema(AttributeName="OrderId", KeyType="HASH")],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification=dynamodb.SSESpecification(SSEEnabled=True),
            PointInTimeRecoverySpecification=dynamodb.PointInTimeRecoverySpecification(
                PointInTimeRecoveryEnabled=True
            ),
            DeletionProtectionEnabled=p.deletion_protection,
            DeletionPolicy="Retain",
            UpdateReplacePolicy="Retain",
        )
    )
    return Outputs(table_name=Ref(table), table_arn=GetAtt(table, "Arn"))


ledger = Component(Parameters, Outputs, build)
