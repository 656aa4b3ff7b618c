"""Deploy or destroy one step at a time: ``python -m tests.deployed.stepping VERB URL ID FOLDER``.

VERB is a visibility timeout to deploy, or the rule to destroy by. It says each event and goes on
when it is sent a line, so that whoever runs it knows where it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import DeployEvent
from stackyard.deploy.lock import held
from stackyard.deploy.publish import publish
from tests.deployed.small import CONSENTS, request


def steps(verb: str, account: Account, folder: Path) -> Iterator[DeployEvent | str]:
    yield "Locked"
    if verb in CONSENTS:
        yield from destroy(account, "worker-dev", CONSENTS[verb])
    else:
        published = publish(account, folder, "root")
        yield "Published"
        values = {"TemplatePrefix": published.prefix, "Visibility": verb}
        yield from deploy(account, request(published, **values))


def main() -> None:
    verb, url, embedded_id, folder = sys.argv[1:]
    account = Account("us-east-1", endpoint_url=url, embedded_id=embedded_id)
    with held(account, "worker-dev"):
        for event in steps(verb, account, Path(folder)):
            print(event if isinstance(event, str) else type(event).__name__, flush=True)
            sys.stdin.readline()


if __name__ == "__main__":
    main()
