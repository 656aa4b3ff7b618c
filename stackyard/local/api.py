"""Calls to MiniStack's own services from within the server, in boto3's words.

An HTTP call from a handler to the server that it runs in would wait for itself. botocore knows how
a request of each service is written and its answer read, so this module only carries them across.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import HeadersDict

from stackyard.local import ministack

# Where MiniStack's module is not called as botocore calls the service
MODULES = {
    "cognito-idp": "cognito",
    "lambda": "lambda_svc",
    "wafv2": "waf",
}


def call(service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
    """Call *operation* of *service* for the account and region of the current request.

    Raises:
        ValueError: the service refused; the message is in the words of a stack event.
    """
    model = _model(service)
    shape = model.operation_model(operation)
    protocol = model.resolved_protocol
    given = {name: value for name, value in parameters.items() if value is not None}
    request = botocore.serialize.create_serializer(protocol).serialize_to_request(given, shape)
    status, headers, body = _run(service, request)
    answer: dict[str, Any] = botocore.parsers.create_parser(protocol).parse(
        {
            "status_code": status,
            "headers": HeadersDict(headers),  # the parser looks names up as AWS writes them
            "body": body if isinstance(body, bytes) else body.encode(),
        },
        shape.output_shape,
    )
    if "Error" in answer and status >= 300:
        error = answer["Error"]
        name = model.metadata.get("serviceId", service).replace(" ", "")
        raise ValueError(f"{error.get('Message')} (Service: {name}, Status Code: {status})")
    return answer


def _run(service: str, request: dict[str, Any]) -> tuple[int, dict[str, str], str | bytes]:
    """Run the service's handler to its end on a loop of its own.

    Some handlers wait for worker threads, and the caller may itself be on the server's loop.
    """
    module = ministack.module(f"services.{MODULES.get(service, service)}")
    path = urlsplit(request["url_path"])
    query = {
        **parse_qs(path.query, keep_blank_values=True),  # S3 names what is asked, as ?replication
        **parse_qs(urlencode(request["query_string"])),
    }
    headers = {key.lower(): value for key, value in request["headers"].items()}
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    data = body.encode() if isinstance(body, str) else body
    answers: list[Any] = []
    context = contextvars.copy_context()

    def work() -> None:
        coroutine = module.handle_request(request["method"], path.path, headers, data, query)
        answers.append(context.run(asyncio.run, coroutine))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not answers:
        raise ValueError(f"{service} failed; the embedded account's log says why")
    status, answer_headers, answer = answers[0][:3]
    return status, answer_headers, answer


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)
