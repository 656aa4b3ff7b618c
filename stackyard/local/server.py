"""The embedded account's server: MiniStack with what we add, on a socket that it is handed.

``python -m stackyard.local.server FD [--until-closed]`` is started by ``stackyard.local.account``,
which has bound the socket to loopback already, so that no port can be taken in between.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import threading
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import ParseResult, urlparse

from stackyard.local import ministack, registry

STATUS_PATH = "/_stackyard/status"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")


def main() -> None:
    """Serve until SIGTERM, or with ``--until-closed`` until standard input ends."""
    if "--until-closed" in sys.argv:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    stand_ins = install()

    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    app = registry.by_host(ministack.module("app").app)

    async def with_status(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == STATUS_PATH:
            await _answer(send, stand_ins)
        else:
            await app(scope, receive, send)

    config = Config()
    config.bind = [f"fd://{sys.argv[1]}"]
    config.keep_alive_timeout = 75  # seconds, as MiniStack's own start
    asyncio.run(serve(with_status, config))


def install() -> frozenset[str]:
    """Add to MiniStack what it lacks, and return the types that have only a stand-in."""
    from stackyard.local import (
        alarms,
        attributes,
        backups,
        conditions,
        custom,
        definitions,
        instances,
        nested,
        provisioners,
        releases,
        replication,
        restores,
        rotation,
        secrets,
        standins,
    )

    cloudformation = "services.cloudformation"
    ministack.module(f"{cloudformation}.helpers").urlparse = path_style
    handlers: MutableMapping[str, Any] = ministack.module(
        f"{cloudformation}.provisioners"
    )._RESOURCE_HANDLERS
    conditions.install()
    restores.install()
    instances.install(handlers)  # before attributes, which convert what it is given
    definitions.install(handlers)  # likewise
    attributes.install(handlers)
    nested.install(handlers)
    alarms.install(handlers)
    secrets.install(handlers)
    provisioners.install(handlers)
    releases.install(handlers)
    replication.install(handlers)
    backups.install(handlers)
    custom.install()
    rotation.install()
    return standins.install(handlers)


def path_style(url: str) -> ParseResult:
    """Return the parts of *url*, a virtual-hosted S3 address in path style.

    MiniStack takes the first part of a template's path for the bucket.
    """
    parsed = urlparse(url)
    match = VIRTUAL_HOST.fullmatch(parsed.netloc)
    if not match:
        return parsed
    return parsed._replace(netloc="s3.amazonaws.com", path=f"/{match['bucket']}{parsed.path}")


async def _answer(send: Any, stand_ins: frozenset[str]) -> None:
    from stackyard.local import standins

    body = {"pid": os.getpid(), "stand_ins": list(standins.used(stand_ins))}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _end_with_parent() -> None:
    # not through sys.stdin, whose lock this thread would hold when the interpreter ends
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
