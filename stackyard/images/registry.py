"""The stack's repository of images: what is there, and the way in."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.errors import DeployError
from stackyard.images.builders import Builder
from stackyard.images.source import Source

ABSENT = "ImageNotFoundException"
ATTEMPTS = 5
PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Repository:
    """An ECR repository.

    Attributes:
        account: its own.
        uri: as ECR says it, without a tag.
    """

    account: Account
    uri: str

    def digest(self, tag: str) -> str:
        """Return the digest of the image with a tag, empty if there is none.

        Raises:
            DeployError: AWS refuses.
        """
        client = self.account.client("ecr", self.uri)
        name = self.uri.partition("/")[2]
        try:
            found = client.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])
        except AwsError as error:
            if error.code != ABSENT:
                raise
            return ""
        # the embedded account answers with none where AWS refuses
        return next((str(one["imageDigest"]) for one in found["imageDetails"]), "")

    def pushed(
        self, builder: Builder, root: Path, source: Source, platform: str, tag: str
    ) -> Iterator[str]:
        """Build an image and push it; yield what the builder says.

        Raises:
            BuildError: it cannot be built.
            DeployError: it cannot be pushed.
        """
        image = f"{self._address}:{tag}"
        yield from builder.build(root, source, platform, image)
        if self.account.is_embedded:
            yield from builder.push(image, None)
            return
        with TemporaryDirectory() as folder:
            credentials = Path(folder, "auth.json")
            user, password = self._credentials()
            builder.log_in(self.uri.partition("/")[0], user, password, credentials)
            yield from builder.push(image, credentials)

    def settled(self, tag: str) -> str:
        """Return the digest of an image that was pushed a moment ago.

        Raises:
            DeployError: the repository does not have it.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE_SECONDS)
            if digest := self.digest(tag):
                return digest
        raise DeployError(
            f"{self.uri}:{tag}: was pushed, and the repository does not have it; deploy again"
        )

    @property
    def _address(self) -> str:
        """Where it is pushed to: on loopback ECR's own name stands in the path."""
        if not self.account.is_embedded:
            return self.uri
        return f"{urlsplit(self.account.endpoint_url).netloc}/{self.uri}"

    def _credentials(self) -> tuple[str, str]:
        answer = self.account.client("ecr", self.uri).get_authorization_token()
        token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"])
        user, _, password = token.decode().partition(":")
        return user, password
