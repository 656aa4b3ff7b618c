from __future__ import annotations

from typing import Any

from troposphere import Ref

from templates_src.contract import Value, contract, parameter, plain
from templates_src.parts.access import Access, Secret, Variable, access_of


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
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": {"Ref": "Arn"},
        }
    ]
    assert access.running == ()


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
