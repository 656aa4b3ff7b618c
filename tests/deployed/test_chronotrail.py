"""ChronoTrail on the embedded account: up to three stacks, in order, and back again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Outcome
from stackyard.deploy.publish import publish
from stackyard.local.account import LocalServer
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from stackyard.stages import course
from tests.deployed.census import census
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.systems import Built, built, types
from tests.support import ROOT

MAIN, EDGE, REPLICA = "chronotrail", "chronotrail-edge", "chronotrail-replica"
ENVIRONMENTS = ["dev", "staging", "prod"]
# What the embedded account has no API for, or none that CloudFormation's form of it could use
STAND_INS = {
    "AWS::ApiGatewayV2::VpcLink",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Backup::BackupSelection",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::OpenSearchServerless::CollectionGroup",
    "AWS::OpenSearchServerless::VpcEndpoint",
    "AWS::RDS::EventSubscription",
    "AWS::WAFv2::LoggingConfiguration",
}


@dataclass(frozen=True)
class System:
    """ChronoTrail with its stages, in the order of deployment."""

    parts: Mapping[str, Built]
    server: LocalServer

    @property
    def main(self) -> Built:
        return self.parts[MAIN]

    def places(self, account: Account, environment: str) -> dict[str, Account]:
        """Return the account in the region of each stack that the environment has."""
        return {
            name: self.server.account(part.sets[environment].regions[0], account.id)
            for name, part in self.parts.items()
            if environment in part.sets
        }

    def brought(self, account: Account, environment: str, **values: str) -> Outcome:
        """Deploy all stages in order and return the outcome of the last."""
        outputs: dict[str, Mapping[str, str]] = {}
        for name, place in self.places(account, environment).items():
            part = self.parts[name]
            handed = part.sets[environment].handed
            taken = {parameter: outputs[stage][parameter] for parameter, stage in handed.items()}
            given = values if name == MAIN else {}
            end = part.brought(place, environment, **{**taken, **given})
            assert name == MAIN or end.cause is None
            outputs[name] = end.outputs
        return end

    def given(self, account: Account, environment: str, stage: str) -> Mapping[str, str]:
        """Return what a stage that is deployed has given."""
        place = self.places(account, environment)[stage]
        found = cloudformation.describe(place, self.parts[stage].sets[environment].stack_name)
        assert found
        return found.outputs


@pytest.fixture(scope="module")
def system(project: Project, server: LocalServer) -> System:
    names = course(project, MAIN, "prod").before
    return System({name: built(project, name) for name in names}, server)


def physical(account: Account, stack: str, path: str) -> str:
    """Return the physical id of the resource at a path."""
    for part in path.split("/"):
        cloudformation = account.client("cloudformation")
        found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=part)
        stack = found["StackResourceDetail"]["PhysicalResourceId"]
    return stack


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer, account: Account, system: System, environment: str
) -> None:
    end = system.brought(account, environment)
    assert (end.result, end.cause) == ("created", None)
    stack = system.main.sets[environment].stack_name
    assert dict(types(account, stack)) == system.main.expected(environment)
    assert {one.type for one in server.stand_ins(account)} <= STAND_INS
    assert system.brought(account, environment).result == "unchanged"


def test_what_the_documents_name_has_that_name(account: Account, system: System) -> None:
    end = system.brought(account, "dev")
    described = account.client("cloudformation").describe_stacks(StackName="ChronoTrail-Dev")
    assert described["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    (service,) = account.client("ecs").describe_services(
        cluster="ChronoTrail-Dev", services=["chronotrail-service"]
    )["services"]
    assert service["status"] == "ACTIVE"
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/chronotrail-dev")
    assert [group["logGroupName"] for group in groups["logGroups"]] == ["/ecs/chronotrail-dev"]
    host = account.client("ssm").get_parameter(Name="/chronotrail/dev/database/host")
    assert host["Parameter"]["Value"] == end.outputs["DatabaseHost"]
    policy = account.client("opensearchserverless").get_security_policy(
        name="chronotrail-dev-network", type="network"
    )["securityPolicyDetail"]
    assert policy["policy"][0]["AllowFromPublic"] is True
    secret = account.client("secretsmanager").get_secret_value(
        SecretId=end.outputs["ConnectionSecretArn"]
    )
    connection = json.loads(secret["SecretString"])
    assert (connection["username"], connection["dbname"]) == ("chronotrail", "chronotrail")


def test_only_the_role_of_the_tasks_may_use_the_collection(
    account: Account, system: System
) -> None:
    system.brought(account, "dev")
    role = physical(account, "ChronoTrail-Dev", "Api/TaskRole")
    detail = account.client("opensearchserverless").get_access_policy(
        name="chronotrail-dev-data", type="data"
    )["accessPolicyDetail"]
    (statement,) = detail["policy"]
    assert [one.rpartition("/")[2] for one in statement["Principal"]] == [role]
    assert "UseCollection" in account.client("iam").list_role_policies(RoleName=role)["PolicyNames"]


def test_media_are_replicated_into_the_bucket_of_the_second_region(
    account: Account, system: System
) -> None:
    end = system.brought(account, "prod")
    given = system.given(account, "prod", REPLICA)
    s3 = account.client("s3")
    bucket = end.outputs["MediaBucketName"]
    rules = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    (rule,) = rules
    assert rule["Destination"]["Bucket"] == given["ReplicaBucketArn"]
    assert rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"]["Status"] == "Enabled"
    key = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    assert key.split(":")[3] == "us-west-2"
    s3.put_object(Bucket=bucket, Key="photo", Body=b"light")
    there = system.places(account, "prod")[REPLICA].client("s3")
    copy = there.get_object(Bucket=given["ReplicaBucketArn"].rpartition(":")[2], Key="photo")
    assert copy["Body"].read() == b"light"


def test_cloudfront_serves_media_with_what_stands_in_us_east_1(
    account: Account, system: System
) -> None:
    end = system.brought(account, "prod")
    given = system.given(account, "prod", EDGE)
    (found,) = account.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert found["Aliases"]["Items"] == [given["MediaDomainName"]]
    assert found["WebACLId"] == given["MediaWebAclArn"]
    assert found["ViewerCertificate"]["ACMCertificateArn"] == given["MediaCertificateArn"]
    assert found["DomainName"] == end.outputs["MediaDistributionDnsName"]
    waf: Any = system.places(account, "prod")[EDGE].client("wafv2")
    (listed,) = waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert listed["ARN"] == given["MediaWebAclArn"]


def test_search_may_be_left_out_and_added(account: Account, system: System) -> None:
    without = system.brought(account, "dev", HasSearch="false")
    assert (without.result, without.cause) == ("created", None)
    assert without.outputs["SearchEndpoint"] == ""
    search = account.client("opensearchserverless")
    assert search.list_collections()["collectionSummaries"] == []
    added = system.brought(account, "dev")
    assert (added.result, added.cause) == ("updated", None)
    assert added.outputs["SearchEndpoint"]


def test_a_provider_is_there_when_it_is_configured_and_its_secret_is_in_no_parameter(
    account: Account, system: System
) -> None:
    secrets: Any = account.client("secretsmanager")
    text = json.dumps({"client_secret": "not-to-be-shown"})
    arn = secrets.create_secret(Name="google", SecretString=text)["ARN"]
    google = {"GoogleClientId": "app.googleusercontent.com", "GoogleSecretArn": arn}
    end = system.brought(account, "dev", **google)
    assert (end.result, end.cause) == ("created", None)
    cognito: Any = account.client("cognito-idp")
    pool = end.outputs["UserPoolId"]
    found = cognito.describe_identity_provider(UserPoolId=pool, ProviderName="Google")
    assert found["IdentityProvider"]["ProviderDetails"]["client_secret"] == "not-to-be-shown"
    client = cognito.describe_user_pool_client(
        UserPoolId=pool, ClientId=end.outputs["UserPoolClientId"]
    )["UserPoolClient"]
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Google"]
    assert not client.get("ClientSecret")
    described = account.client("cloudformation").describe_stacks(StackName="ChronoTrail-Dev")
    assert "not-to-be-shown" not in json.dumps(described["Stacks"], default=str)
    assert system.brought(account, "dev").result == "updated"
    assert cognito.list_identity_providers(UserPoolId=pool)["Providers"] == []


def test_dev_grows_in_place_and_keeps_people_and_media(account: Account, system: System) -> None:
    before = system.brought(account, "dev").outputs
    grown = system.brought(account, "dev", Cpu="512", MemoryMib="1024", Mfa="on", LogLevel="INFO")
    assert (grown.result, grown.cause) == ("updated", None)
    for kept in ("UserPoolId", "MediaBucketName", "DatabaseHost", "SearchEndpoint"):
        assert grown.outputs[kept] == before[kept]


def test_an_update_that_fails_is_rolled_back_and_says_why(account: Account, system: System) -> None:
    system.brought(account, "dev")
    before = census(account)
    wrong = {"DomainName": "dev-api.example.com", "HostedZoneId": "ZNOTHERE", "Cpu": "512"}
    parameters = {**system.main.sets["dev"].parameters, **wrong, "MemoryMib": "1024"}

    end = system.main.deployed(account, "dev", **parameters)

    assert (end.result, end.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert end.cause
    assert end.cause.name == "DnsRecords/Ipv4Record"
    assert census(account) == before
    assert system.brought(account, "dev").result == "unchanged"


def test_production_without_https_is_refused_before_anything_is_created(
    account: Account, system: System
) -> None:
    publish(account, ROOT / "dist", "chronotrail")
    before = census(account)
    plain_http = {**system.main.sets["prod"].parameters, "DomainName": "", "HostedZoneId": ""}
    with pytest.raises(Exception, match="Only dev may do without"):
        system.main.deployed(account, "prod", **plain_http)
    assert census(account) == before


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_destroying_goes_the_other_way_and_leaves_both_regions_as_they_were(
    account: Account, system: System, environment: str
) -> None:
    places = system.places(account, environment)
    for name, place in places.items():
        item = system.parts[name].sets[environment]
        provide(place, item.parameters)
        publish(place, ROOT / "dist", name)
    # after all: what S3 lists is the same in every region
    before = {name: census(place) for name, place in places.items()}
    system.brought(account, environment)

    all_of_it = replace(EVERYTHING, lifts_protection=True)
    for name, place in reversed(places.items()):
        stack = system.parts[name].sets[environment].stack_name
        end = outcome(list(destroy(place, stack, all_of_it)))
        assert (end.result, end.remaining) == ("deleted", ())

    assert {name: census(place) for name, place in places.items()} == before
