"""CodeDeploy, as far as a release of an ECS service needs it, over the embedded ECS, ELB, Lambda.

It makes the calls that CodeDeploy makes: it asks the hooks, moves the rules of both listeners from
one target group to the other, and makes the new revision the one that runs. The embedded ECS has no
task sets, so the last is an UpdateService, which AWS itself refuses to everybody but CodeDeploy.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from stackyard.aws.account import Account

ORDER = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic")


class RefusedError(Exception):
    """What CodeDeploy would write into the deployment's error information."""


@dataclass
class CodeDeploy:
    """One deployment group.

    Attributes:
        account: where the service is.
        deployments: AppSpec text by deployment id.
        answers: what hooks reported, in order: deployment, hook's token, status.
        live: target group by cluster; the service's own until something was released.
        endpoint: address for hooks.
    """

    account: Account
    deployments: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    live: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""

    def created(self, app_spec: str) -> str:
        deployment = f"d-{len(self.deployments) + 1:09}"
        self.deployments[deployment] = app_spec
        return deployment

    def release(self, outputs: Mapping[str, str], app_spec: str) -> None:
        """Release as CodeDeploy does, or raise before any request has moved."""
        deployment = self.created(app_spec)
        told = yaml.safe_load(app_spec)
        (resource,) = told["Resources"]
        revision = resource["TargetService"]["Properties"]["TaskDefinition"]
        ecs = self.account.client("ecs")
        definition = ecs.describe_task_definition(taskDefinition=revision)["taskDefinition"]
        if definition["status"] != "ACTIVE":
            raise RefusedError(f"{revision} is {definition['status']}")
        first, second = self.pair(outputs)
        live = self.live.get(outputs["ClusterName"], first)
        if any(target not in (None, live) for target in self.targets(outputs).values()):
            raise RefusedError("Primary taskset target group must be behind listener")
        hooks = {event: arn for hook in told.get("Hooks", []) for event, arn in hook.items()}
        for event in ORDER:
            if event in hooks and self.ask(hooks[event], deployment) != "Succeeded":
                raise RefusedError(f"{event} failed")
        coming = second if live == first else first
        for rule in self.rules(outputs):
            self.account.client("elbv2").modify_rule(
                RuleArn=rule["RuleArn"],
                Actions=[{"Type": "forward", "TargetGroupArn": coming, "Order": 1}],
            )
        self.live[outputs["ClusterName"]] = coming
        service = {"cluster": outputs["ClusterName"], "service": outputs["ServiceName"]}
        ecs.update_service(**service, taskDefinition=revision)

    def ask(self, function: str, deployment: str) -> str:
        """Call a hook and return what it reported, which is not what it returned."""
        event = {"DeploymentId": deployment, "LifecycleEventHookExecutionId": f"{deployment}-hook"}
        self.account.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
        assert self.answers, "the hook left the deployment hanging"
        return self.answers[-1][2]

    def pair(self, outputs: Mapping[str, str]) -> tuple[str, str]:
        """Return the target groups, the one of the service's own first."""
        found = self.account.client("ecs").describe_services(
            cluster=outputs["ClusterName"], services=[outputs["ServiceName"]]
        )
        (own,) = found["services"][0]["loadBalancers"]
        vpc_groups = self.account.client("elbv2").describe_target_groups()["TargetGroups"]
        (blue,) = [g for g in vpc_groups if g["TargetGroupArn"] == own["targetGroupArn"]]
        (green,) = [g for g in vpc_groups if g["VpcId"] == blue["VpcId"] and g != blue]
        return blue["TargetGroupArn"], green["TargetGroupArn"]

    def rules(self, outputs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the rules that forward, of the listeners of a system's load balancer."""
        elb = self.account.client("elbv2")
        (balancer,) = [
            one
            for one in elb.describe_load_balancers()["LoadBalancers"]
            if one["DNSName"] == outputs["LoadBalancerDnsName"]
        ]
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
            "Listeners"
        ]:
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                if not rule["IsDefault"]:
                    yield dict(rule)

    def targets(self, outputs: Mapping[str, str]) -> dict[str, str | None]:
        """Return where each rule forwards to, None if it is as the template made it."""
        return {
            rule["RuleArn"]: rule["Actions"][0].get("TargetGroupArn")
            for rule in self.rules(outputs)
        }


@contextmanager
def served(account: Account) -> Iterator[CodeDeploy]:
    """Serve what hooks call: ``GetDeployment`` and ``PutLifecycleEventHookExecutionStatus``."""
    deploy = CodeDeploy(account)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, Any] = {}
            if self.headers["X-Amz-Target"].endswith(".GetDeployment"):
                content = {"content": deploy.deployments[given["deploymentId"]]}
                revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
                answer = {"deploymentInfo": {"revision": revision}}
            else:
                token = given["lifecycleEventHookExecutionId"]
                deploy.answers.append((given["deploymentId"], token, given["status"]))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        deploy.endpoint = f"http://127.0.0.1:{server.server_port}"
        try:
            yield deploy
        finally:
            server.shutdown()
