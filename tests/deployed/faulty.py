"""A proxy in front of the embedded account that answers as AWS does on a bad day."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from stackyard.aws.account import Account

Fault = Literal["throttled", "broken", "reset", "unanswered", "expired"]
# what is to go wrong with the nth call of an operation, counted from 1
Rule = Callable[[str, int], Fault | None]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
NOT_FORWARDED = ("connection", "transfer-encoding", "expect")
CODES = {
    "throttled": (400, "Throttling", "Rate exceeded"),
    "broken": (500, "InternalFailure", ""),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
}


class Faulty:
    """The embedded account behind a rule.

    Attributes:
        account: through the proxy.
        rule: what goes wrong; it may be changed at any time.
        calls: how often each operation was asked for.
    """

    def __init__(self, account: Account, port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        self.account = Account(account.region, endpoint_url=url, embedded_id=account.embedded_id)
        self.target = urlsplit(account.endpoint_url).netloc
        self.rule: Rule = lambda *_: None
        self.calls: Counter[str] = Counter()
        self.lock = threading.Lock()

    def fault(self, operation: str) -> Fault | None:
        with self.lock:
            self.calls[operation] += 1
            return self.rule(operation, self.calls[operation])


@contextlib.contextmanager
def faulty(account: Account) -> Iterator[Faulty]:
    """Run a proxy in front of *account* for as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    proxy = Faulty(account, server.server_address[1])
    server.proxy = proxy  # type: ignore[attr-defined]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        proxy: Faulty = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = proxy.fault(_operation(self.path, self.command, self.headers, body))
        if fault in CODES:
            return self._refuse(*CODES[fault])
        if fault == "reset":
            return self._reset()
        answer, content = self._forward(proxy.target, body)
        if fault == "unanswered":
            return self._reset()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in (*NOT_FORWARDED, "content-length"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        self.wfile.write(content)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

    def _forward(self, target: str, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(target, timeout=60)
        kept = {k: v for k, v in self.headers.items() if k.lower() not in NOT_FORWARDED}
        connection.request(self.command, self.path, body, kept)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def _refuse(self, status: int, code: str, message: str) -> None:
        error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        is_query = "x-www-form" in self.headers.get("Content-Type", "")
        # S3's errors have no envelope, and it throttles with a status of its own
        text, status = (
            (f"<ErrorResponse>{error}</ErrorResponse>", status) if is_query else (error, 503)
        )
        if "X-Amz-Target" in self.headers:
            text = f'{{"__type": "{code}Exception", "message": "{message}"}}'
        if self.command == "HEAD":
            text = ""
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close_connection = True
        self.connection.close()


def _operation(path: str, method: str, headers: Any, body: bytes) -> str:
    """Return ``DescribeStacks``, ``PutItem`` or, of REST, the method."""
    if target := headers.get("X-Amz-Target"):
        return str(target).rpartition(".")[2]
    form = parse_qs(body.decode("utf-8", "replace")) if body.startswith(b"Action=") else {}
    return form.get("Action", [method])[0]
