from __future__ import annotations

from typing import Any

from troposphere import Ref

from templates_src.contract import Value, contract, parameter, plain
from templates_src.parts.access import (
    Access,
    Connect,
    Consume,
    Lookup,
    Read,
    Secret,
    Send,
    Variable,
    Write,
    access_of,
    grant,
    granted_arn,
)
from templates_src.parts.iam import Statement


@contract
class Bound:
    environment: Value = parameter("Name.", bind=Variable("ENVIRONMENT"))
    plain_value: Value = parameter("Bound to nothing.")
    database_secret_arn: Value = parameter("ARN.", bind=Secret("DATABASE_URL", key="url"))
    app_secret_arn: Value = parameter("ARN.", bind=Secret("SECRET_KEY"))


def bound() -> Access:
    names = ("environment", "plain_value", "database_secret_arn", "app_secret_arn")
    given: dict[str, Any] = {name: Ref(name.title().replace("_", "")) for name in names}
    return access_of(Bound(**given))


def test_variable_is_an_environment_variable_and_grants_nothing() -> None:
    access = Variable("LOG_LEVEL").access("debug")
    assert plain(access.environment) == [{"Name": "LOG_LEVEL", "Value": "debug"}]
    assert (access.secrets, access.starting, access.running) == ((), (), ())


def test_secret_with_a_key_takes_that_member_of_the_current_version() -> None:
    (secret,) = plain(Secret("DATABASE_URL", key="url").access(Ref("Arn")).secrets)
    assert secret["ValueFrom"] == {"Fn::Join": ["", [{"Ref": "Arn"}, ":url::"]]}


def test_secret_without_a_key_is_taken_whole() -> None:
    (secret,) = plain(Secret("SECRET_KEY").access(Ref("Arn")).secrets)
    assert secret == {"Name": "SECRET_KEY", "ValueFrom": {"Ref": "Arn"}}


def test_only_the_execution_role_reads_a_secret_and_only_that_one() -> None:
    access = Secret("DATABASE_URL", key="url").access(Ref("Arn"))
    assert plain(access.starting) == [
        {
            "Sid": "ReadDatabaseUrl",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": {"Ref": "Arn"},
        }
    ]
    assert access.running == ()


ARN = {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Grant"}]}]}
REST = {"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "Grant"}]}]}


def signed(statements: tuple[Statement, ...]) -> dict[str, Any]:
    """Return actions and resource of each statement by its ``Sid``."""
    return {item["Sid"]: (item["Action"], item["Resource"]) for item in plain(statements)}


def test_connecting_is_a_variable_leave_to_read_its_secret_and_the_group_that_is_admitted() -> None:
    access = Connect("DATABASE_URL").access(Ref("Grant"))
    (secret,) = plain(access.secrets)
    assert secret == {"Name": "DATABASE_URL", "ValueFrom": {"Fn::Join": ["", [ARN, ":url::"]]}}
    assert signed(access.starting) == {
        "ConnectDatabaseUrl": (["secretsmanager:GetSecretValue"], ARN)
    }
    assert plain(access.groups) == [REST]
    assert access.running == ()


def test_sending_is_the_url_of_a_queue_and_leave_to_send_to_it_alone() -> None:
    access = Send("QUEUE_URL").access(Ref("Grant"))
    assert plain(access.environment) == [{"Name": "QUEUE_URL", "Value": REST}]
    assert signed(access.running) == {"SendQueueUrl": (["sqs:SendMessage"], ARN)}
    assert (access.starting, access.groups) == ((), ())


def test_consuming_does_not_allow_to_send() -> None:
    ((actions, resource),) = signed(Consume("JOBS").access(Ref("Grant")).running).values()
    assert resource == ARN
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage"} <= set(actions)
    assert "sqs:SendMessage" not in actions


def test_reading_a_bucket_and_writing_to_it_are_granted_apart() -> None:
    reads = signed(Read("MEDIA").access(Ref("Arn")).running)
    writes = signed(Write("MEDIA").access(Ref("Arn")).running)
    inside = {"Fn::Join": ["", [{"Ref": "Arn"}, "/*"]]}
    assert reads == {
        "ReadMedia": (["s3:ListBucket"], {"Ref": "Arn"}),
        "ReadMediaObjects": (["s3:GetObject"], inside),
    }
    assert writes == {
        "WriteMedia": (["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"], inside)
    }


def test_a_bucket_is_known_by_its_name() -> None:
    (variable,) = plain(Read("MEDIA").access(Ref("Arn")).environment)
    assert variable["Value"] == {"Fn::Select": [5, {"Fn::Split": [":", {"Ref": "Arn"}]}]}


def test_a_function_reads_its_secrets_itself_and_is_told_where_they_are() -> None:
    access = Connect("DATABASE_URL").access(Ref("Grant")) + Send("JOBS").access(Ref("Grant"))
    assert list(access.variables) == ["JOBS", "DATABASE_URL_SECRET"]
    assert list(signed(access.of_function)) == ["ConnectDatabaseUrl", "SendJobs"]


def test_a_grant_is_one_value_with_the_arn_first() -> None:
    assert plain(grant("arn", "url")) == {"Fn::Join": [",", ["arn", "url"]]}
    assert plain(granted_arn(Ref("Grant"))) == ARN


def test_bindings_of_a_contract_add_up_in_its_order() -> None:
    access = bound()
    assert [variable["Name"] for variable in plain(access.environment)] == ["ENVIRONMENT"]
    assert [secret["Name"] for secret in plain(access.secrets)] == ["DATABASE_URL", "SECRET_KEY"]
    assert [statement["Resource"] for statement in plain(access.starting)] == [
        {"Ref": "DatabaseSecretArn"},
        {"Ref": "AppSecretArn"},
    ]


def test_a_contract_without_bindings_grants_nothing() -> None:
    @contract
    class Unbound:
        name: Value = parameter("Name.", default="")

    assert access_of(Unbound()) == Access()


def test_what_is_below_a_path_may_be_looked_up() -> None:
    given = Lookup("PARAMETER_PATH").access("/shop/dev")
    (statement,) = plain(given.running)
    whole, below = statement["Resource"]
    assert whole["Fn::Sub"][0].endswith(":parameter${Path}")
    assert whole["Fn::Sub"][1] == {"Path": "/shop/dev"}
    assert below == {"Fn::Join": ["", [whole, "/*"]]}
    assert statement["Sid"] == "ReadParameterPath"
    assert all(action.startswith("ssm:Get") for action in statement["Action"])
