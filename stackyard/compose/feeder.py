"""Feeds a function on a laptop as Lambda's event source does, and serves it its secrets.

It runs in a container of its own, with nothing but Python, and imports nothing of this project.
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_SECONDS = 5
SECRETS_PORT = 8000


def sqs(action: str, **given: Any) -> dict[str, Any]:
    """Call an operation of the queue's service."""
    url = os.environ["QUEUE_URL"]
    headers = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
    base = "/".join(url.split("/")[:3])
    return post(f"{base}/", {"QueueUrl": url, **given}, headers)


def post(url: str, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    """Send JSON and return the JSON that is answered."""
    request = urllib.request.Request(url, json.dumps(body).encode(), dict(headers))
    with urllib.request.urlopen(request, timeout=900) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


def record(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message in the form in which Lambda hands it over.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": os.environ["QUEUE_ARN"],
        "awsRegion": os.environ["QUEUE_ARN"].split(":")[3],
    }


def feed() -> int:
    """Hand one batch over, delete what did not fail, and return how many messages it had."""
    size = int(os.environ["BATCH_SIZE"])
    found = sqs(
        "ReceiveMessage",
        MaxNumberOfMessages=size,
        WaitTimeSeconds=WAIT_SECONDS,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    messages = found.get("Messages") or []
    if not messages:
        return 0
    records = [record(message) for message in messages]
    answer = post(os.environ["FUNCTION_URL"], {"Records": records}, {})
    for handle in handled(records, answer):
        sqs("DeleteMessage", ReceiptHandle=handle)
    return len(messages)


def handled(records: Iterable[Mapping[str, Any]], answer: Mapping[str, Any]) -> list[str]:
    """Return the receipts of what a function did; none if it failed as a whole."""
    if "errorMessage" in answer:
        print(f"the function failed: {answer['errorMessage']}")
        return []
    failed = {one["itemIdentifier"] for one in answer.get("batchItemFailures") or []}
    return [one["receiptHandle"] for one in records if one["messageId"] not in failed]


class Secrets(BaseHTTPRequestHandler):
    """Secrets Manager with one operation, GetSecretValue."""

    def do_POST(self) -> None:
        """Answer with the secret whose ARN is asked for."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["SecretId"]
        known = json.loads(os.environ["SECRETS"])
        status, body = 400, {"__type": "ResourceNotFoundException"}
        if asked in known:
            status, body = 200, {"ARN": asked, "SecretString": known[asked]}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: what is asked for is no news."""


def main() -> None:
    """Serve secrets and feed for ever."""
    server = ThreadingHTTPServer(("", SECRETS_PORT), Secrets)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        try:
            feed()
        except (urllib.error.URLError, OSError, json.JSONDecodeError) as error:
            print(f"not yet: {error}")
            time.sleep(WAIT_SECONDS)


if __name__ == "__main__":
    main()
