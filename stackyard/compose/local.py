"""What on a laptop takes the place of values that only AWS knows."""

from __future__ import annotations

import json
import re
from typing import Any

from stackyard.resolved import Resource, System, Text, Unknown, plain, unknowns

ACCOUNT = "000000000000"
QUEUE_HOST, DATABASE_HOST = "queue:9324", "database"
SECRETS_HOST = "secrets:8000"
SECRET, DATABASES = "AWS::SecretsManager::Secret", ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")


class Local:
    """A system's values as its containers would see them on a laptop."""

    password = "local"

    def __init__(self, system: System) -> None:
        self.system = system
        self.notes: list[str] = []
        found = self.database()
        properties = found.properties if found else {}
        named = properties.get("DatabaseName") or properties.get("DBName") or system.blueprint
        self.database_name = str(named)
        self.user = str(properties.get("MasterUsername", "postgres"))
        version = str(properties.get("EngineVersion", "17"))
        self.engine_major = int(version.partition(".")[0])

    @property
    def clients(self) -> dict[str, str]:
        """Variables that lead AWS's own clients to what is here; nothing of them reaches AWS."""
        hosts = {"AWS::SQS::Queue": ("SQS", QUEUE_HOST)}
        hosts["AWS::Lambda::EventSourceMapping"] = ("SECRETS_MANAGER", SECRETS_HOST)
        endpoints = {
            f"AWS_ENDPOINT_URL_{service}": f"http://{host}"
            for kind, (service, host) in hosts.items()
            if any(self.system.resources(kind))
        }
        credentials = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        return {"AWS_REGION": self.system.region, **credentials, **endpoints}

    def database(self) -> Resource | None:
        """Return the cluster, or the instance that is no replica of another."""
        for kind in DATABASES:
            for found in self.system.resources(kind):
                if "SourceDBInstanceIdentifier" not in found.properties:
                    return found
        return None

    def text(self, value: Any) -> str:
        """Return a value with everything in it that only AWS knows replaced."""
        if isinstance(value, Text):
            return "".join(self.text(part) for part in value.parts)
        if isinstance(value, Unknown):
            return self._known(value)
        return str(value)

    def secret(self, source: Any) -> str:
        """Return what ECS would fill in for ``arn:key::``."""
        found, key = self._secret(source)
        if found is None:
            return self._stand_in(str(source))
        content = self._content(found)
        return str(content.get(key, "")) if key else json.dumps(content)

    def secrets_of(self, function: Resource) -> str:
        """Return the secrets that a function reads, as JSON by ARN."""
        variables = function.properties.get("Environment", {}).get("Variables", {})
        named = [self._secret(text)[0] for name, text in variables.items() if "_SECRET" in name]
        return json.dumps({self._arn(one): json.dumps(self._content(one)) for one in named if one})

    def queue_name(self, queue: Resource) -> str:
        """Return the name of a queue: its logical id in lower case."""
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", queue.logical_id).lower()
        is_fifo = str(plain(queue.properties.get("FifoQueue"))).lower() == "true"
        return f"{name}.fifo" if is_fifo else name

    def queue_url(self, queue: Resource) -> str:
        """Return where a queue is reached."""
        return f"http://{QUEUE_HOST}/{ACCOUNT}/{self.queue_name(queue)}"

    def health_check_path(self, task: Resource) -> str:
        """Return the path that the load balancer asks for in the same stack."""
        stack = task.path.rpartition("/")[0]
        for group in self.system.resources("AWS::ElasticLoadBalancingV2::TargetGroup"):
            if group.path.startswith(f"{stack}/"):
                return str(plain(group.properties.get("HealthCheckPath", "/")))
        return "/"

    def _known(self, value: Unknown) -> str:
        if value.kind == "account":
            return ACCOUNT
        if value.kind == "dynamic":
            return self.password
        found = self.system.target(value)
        if found is None:
            return self._stand_in(str(value))
        if found.type == "AWS::SQS::Queue":
            arn = f"arn:aws:sqs:{self.system.region}:{ACCOUNT}:{self.queue_name(found)}"
            by_attribute = {"": self.queue_url(found), "Arn": arn}
            return by_attribute.get(value.attribute, self.queue_name(found))
        if found.type in DATABASES:
            return "5432" if value.attribute.endswith("Port") else DATABASE_HOST
        return self._arn(found) if found.type == SECRET else self._stand_in(str(value))

    def _stand_in(self, what: str) -> str:
        self.notes.append(f"{what.strip('<>')} exists in AWS only; a name stands for it")
        return "local-" + re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")

    def _secret(self, source: Any) -> tuple[Resource | None, str]:
        for one in unknowns(source):
            found = self.system.target(one)
            if found is not None and found.type == SECRET:
                # what follows the ARN: a colon, the key, two more colons
                _, _, key = str(source).partition(f"{one}:")
                return found, key.partition(":")[0]
        return None, ""

    def _content(self, secret: Resource) -> dict[str, Any]:
        """Return what is in a secret: what the template writes, or made-up passwords."""
        written = secret.properties.get("SecretString")
        if written is not None:
            text = self.text(written).replace("sslmode=require", "sslmode=disable")
            content: dict[str, Any] = json.loads(text)
            return content
        made = plain(secret.properties.get("GenerateSecretString")) or {}
        template = json.loads(made.get("SecretStringTemplate", "{}"))
        key = made.get("GenerateStringKey", "password")
        # long enough for whoever signs with it, and nobody takes it for a real one
        is_of_database = "username" in template
        return {**template, key: self.password if is_of_database else "local-only-" * 4}

    def _arn(self, secret: Resource) -> str:
        name = secret.path.replace("/", "-").lower()
        return f"arn:aws:secretsmanager:{self.system.region}:{ACCOUNT}:secret:{name}"
