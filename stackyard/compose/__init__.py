"""A system as a Compose file: the same shape on a laptop, from the resources that AWS would see.

PostgreSQL takes the place of RDS, ElasticMQ that of SQS, and a small program that of Lambda's event
source: it polls the queue, invokes the function's own image and serves its secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.compose.local import Local
from stackyard.resolved import Resource, System, plain

# The last that are known to work; the database's follows the engine's major version
QUEUE_IMAGE = "softwaremill/elasticmq-native:1.6.14"
FEEDER_IMAGE = "python:3.13-alpine"
FUNCTION_PORT = 8080  # of the runtime interface emulator in every Lambda image
HEALTHY = {"condition": "service_healthy"}
STARTED = {"condition": "service_started"}
# nobody knows what an image has; one of these is in most
PROBES = (
    "wget -q -O /dev/null {url}",
    "curl -fsS -o /dev/null {url}",
    "python -c \"import urllib.request as r; r.urlopen('{url}')\"",
    "node -e \"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))\"",
)
ELASTICMQ_CONFIG = "/opt/elasticmq.conf"


@dataclass(frozen=True)
class Images:
    """What runs: the API's image and the worker's; empty for the defaults."""

    api: str = ""
    worker: str = ""


@dataclass(frozen=True)
class Composed:
    """A Compose file as data, and what in it only stands for something of AWS."""

    data: Mapping[str, Any]
    notes: tuple[str, ...]


def compose(system: System, images: Images = Images()) -> Composed:
    """Return the Compose file of a system.

    Args:
        system: as AWS would see it.
        images: what runs; the file's variables API_IMAGE and WORKER_IMAGE win over them.
    """
    local = Local(system)
    services: dict[str, Any] = {}
    configs: dict[str, Any] = {}
    for part in (_database, _queue, _apis, _workers):
        for name, service, content in part(local, images):
            services[name] = service
            if content:
                configs[name] = {"content": escaped(content)}
    for service in services.values():
        known = {"database": HEALTHY, "queue": STARTED}
        needed = service.pop("needs", ())
        waits = {name: known.get(name, STARTED) for name in needed if name in services}
        if waits:
            service["depends_on"] = waits
    data = {"name": f"{system.blueprint}-{system.environment}", "services": services}
    if configs:
        data["configs"] = configs
    if "database" in services:
        data["volumes"] = {"database": {}}
    return Composed(data, tuple(dict.fromkeys(local.notes)))


Part = Iterator[tuple[str, dict[str, Any], str]]


def escaped(text: str) -> str:
    """Return *text* so that Compose sees no variables in it."""
    return text.replace("$", "$$")


def _database(local: Local, images: Images) -> Part:
    found = local.database()
    if found is None:
        return
    check = f"pg_isready -U {local.user} -d {local.database_name}"
    service = {
        "image": f"postgres:{local.engine_major}",
        "environment": {
            "POSTGRES_USER": local.user,
            "POSTGRES_PASSWORD": local.password,
            "POSTGRES_DB": local.database_name,
        },
        "ports": ["127.0.0.1:${DATABASE_PORT:-5432}:5432"],
        # where images since 18 keep a folder for each version, and older ones their data
        "volumes": [f"database:/var/lib/postgresql{'' if local.engine_major >= 18 else '/data'}"],
        "healthcheck": {
            "test": ["CMD-SHELL", check],
            "interval": "5s",
            "timeout": "3s",
            "retries": 12,
        },
    }
    yield "database", service, ""


def _queue(local: Local, images: Images) -> Part:
    queues = list(local.system.resources("AWS::SQS::Queue"))
    if queues:
        service = {
            "image": QUEUE_IMAGE,
            "ports": ["127.0.0.1:${QUEUE_PORT:-9324}:9324"],
            "configs": [{"source": "queue", "target": ELASTICMQ_CONFIG}],
        }
        yield "queue", service, _elasticmq(local, queues)


def _elasticmq(local: Local, queues: list[Resource]) -> str:
    lines = [
        'include classpath("application.conf")',
        'node-address { protocol = http, host = queue, port = 9324, context-path = "" }',
        'aws { region = "' + local.system.region + '", accountId = "000000000000" }',
        "queues {",
    ]
    for queue in queues:
        properties = plain(dict(queue.properties))
        rows = [f"defaultVisibilityTimeout = {properties.get('VisibilityTimeout', 30)} seconds"]
        if str(properties.get("FifoQueue")).lower() == "true":
            rows.append("fifo = true")
            rows.append(f"contentBasedDeduplication = {_flag(properties)}")
        redrive = queue.properties.get("RedrivePolicy")
        if isinstance(redrive, Mapping) and redrive.get("deadLetterTargetArn"):
            letters = local.system.target(redrive["deadLetterTargetArn"])
            if letters:
                most = plain(redrive["maxReceiveCount"])
                name = local.queue_name(letters)
                rows.append(f'deadLettersQueue {{ name = "{name}", maxReceiveCount = {most} }}')
        inner = "\n".join(f"    {row}" for row in rows)
        lines.append(f'  "{local.queue_name(queue)}" {{\n{inner}\n  }}')
    return "\n".join([*lines, "}", ""])


def _flag(properties: Mapping[str, Any]) -> str:
    return str(properties.get("ContentBasedDeduplication", "false")).lower()


def _apis(local: Local, images: Images) -> Part:
    for task in local.system.resources("AWS::ECS::TaskDefinition"):
        container = task.properties["ContainerDefinitions"][0]
        port = int(str(container["PortMappings"][0]["ContainerPort"]))
        name = task.path.split("/")[0].lower()
        default = images.api or f"{local.system.blueprint}:latest"
        given = {row["Name"]: local.text(row["Value"]) for row in container.get("Environment", [])}
        secrets = {row["Name"]: local.secret(row["ValueFrom"]) for row in _secrets(container)}
        path = local.health_check_path(task)
        probe = " || ".join(PROBES).format(url=f"http://127.0.0.1:{port}{path}")
        service = {
            "image": f"${{API_IMAGE:-{default}}}",
            "init": True,
            "environment": _escaped({**given, **secrets, **local.clients}),
            "ports": [f"127.0.0.1:${{API_PORT:-{port}}}:{port}"],
            "healthcheck": {
                "test": ["CMD-SHELL", probe],
                "interval": "10s",
                "timeout": "5s",
                "retries": 6,
                "start_period": "20s",
            },
            "needs": ("database", "queue"),
        }
        yield name, service, ""


def _secrets(container: Mapping[str, Any]) -> list[Any]:
    return container.get("Secrets") or []


def _workers(local: Local, images: Images) -> Part:
    for source in local.system.resources("AWS::Lambda::EventSourceMapping"):
        function = local.system.target(source.properties["FunctionName"])
        queue = local.system.target(source.properties["EventSourceArn"])
        if function is None or queue is None or queue.type != "AWS::SQS::Queue":
            continue
        name = function.path.split("/")[0].lower()
        yield name, _function(local, images, function), ""
        yield f"{name}-feeder", _feeder(local, name, source, function, queue), FEEDER


def _function(local: Local, images: Images, function: Resource) -> dict[str, Any]:
    variables = function.properties.get("Environment", {}).get("Variables", {})
    given = {key: local.text(value) for key, value in variables.items()}
    runtime = str(plain(function.properties.get("Runtime", "nodejs24.x")))
    base = f"public.ecr.aws/lambda/nodejs:{runtime.removeprefix('nodejs').removesuffix('.x')}"
    service: dict[str, Any] = {
        "image": f"${{WORKER_IMAGE:-{images.worker or base}}}",
        "environment": _escaped({**given, **local.clients, "DATABASE_TLS": "off"}),
        "needs": ("database", "queue"),
    }
    if not images.worker:
        # the starter, as the archive has it
        service["command"] = [str(plain(function.properties["Handler"]))]
        service["volumes"] = ["./templates_src/functions/worker:/var/task:ro"]
    return service


def _feeder(
    local: Local, name: str, source: Resource, function: Resource, queue: Resource
) -> dict[str, Any]:
    given = {
        "QUEUE_URL": local.queue_url(queue),
        "QUEUE_ARN": f"arn:aws:sqs:{local.system.region}:000000000000:{local.queue_name(queue)}",
        "FUNCTION_URL": f"http://{name}:{FUNCTION_PORT}/2015-03-31/functions/function/invocations",
        "BATCH_SIZE": str(plain(source.properties.get("BatchSize", 10))),
        "SECRETS": local.secrets_of(function),
    }
    return {
        "image": FEEDER_IMAGE,
        "command": ["python", "-u", "/feeder.py"],
        "environment": _escaped(given),
        "configs": [{"source": f"{name}-feeder", "target": "/feeder.py"}],
        # the function asks it for secrets, as it asks Secrets Manager
        "networks": {"default": {"aliases": ["secrets"]}},
        "needs": ("queue", name),
    }


def _escaped(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: escaped(text) for name, text in variables.items()}


FEEDER = Path(__file__).with_name("feeder.py").read_text("utf-8")
