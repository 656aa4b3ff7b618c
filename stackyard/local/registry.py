"""The registry of images, under an address for each account and region.

Clients of registries sign nothing: MiniStack knows the account by the host that ECR would have. On
loopback that host is the first part of the repository's name instead:
``127.0.0.1:4566/123456789012.dkr.ecr.us-east-1.amazonaws.com/shop``.
"""

from __future__ import annotations

import re
from typing import Any

ADDRESSED = re.compile(r"/v2/(?P<host>\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com)(?P<rest>/.*)")


def by_host(app: Any) -> Any:
    """Return *app* with each request to such a path as if that host had been asked."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        found = ADDRESSED.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if not found:
            await app(scope, receive, send)
            return
        host, path = found["host"], f"/v2{found['rest']}"
        headers = [row for row in scope["headers"] if row[0] != b"host"]

        async def located(message: Any) -> None:
            """Send a message on; where an upload continues is said with the host again."""
            rows = [
                (name, value.replace(b"/v2/", f"/v2/{host}/".encode(), 1))
                if name.lower() == b"location"
                else (name, value)
                for name, value in message.get("headers", ())
            ]
            await send({**message, "headers": rows} if rows else message)

        headers.append((b"host", host.encode()))
        asked = {**scope, "path": path, "raw_path": path.encode(), "headers": headers}
        await app(asked, receive, located)

    return answer
