"""The embedded account's registry, by the protocol that builders speak.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import hashlib
import http.client
import json
from urllib.parse import urlsplit

from stackyard.aws.account import Account
from stackyard.local.account import LocalServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def host(account: Account) -> str:
    return f"{account.embedded_id}.dkr.ecr.{account.region}.amazonaws.com"


def asked(
    account: Account, method: str, path: str, body: bytes = b"", kind: str = ""
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(account.endpoint_url).netloc)
    headers = {"Content-Type": kind} if kind else {}
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def tags(account: Account) -> list[str]:
    found = account.client("ecr").describe_images(repositoryName="shop")["imageDetails"]
    return [tag for one in found for tag in one["imageTags"]]


def test_an_upload_goes_on_at_the_same_address(account: Account) -> None:
    account.client("ecr").create_repository(repositoryName="shop")
    blob = b"layer"
    start = asked(account, "POST", f"/v2/{host(account)}/shop/blobs/uploads/")
    location = start.headers["Location"]
    assert location.startswith(f"/v2/{host(account)}/shop/blobs/uploads/")
    going_on = asked(account, "PATCH", location, blob, "application/octet-stream")
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    end = asked(account, "PUT", f"{going_on.headers['Location']}?digest={digest}")
    assert end.status == 201
    assert asked(account, "HEAD", f"/v2/{host(account)}/shop/blobs/{digest}").status == 200


def test_each_account_and_region_has_its_own_images(server: LocalServer, account: Account) -> None:
    elsewhere = server.account("eu-central-1", account.embedded_id)
    for each in (account, elsewhere):
        each.client("ecr").create_repository(repositoryName="shop")
    body = json.dumps({"schemaVersion": 2}).encode()
    done = asked(elsewhere, "PUT", f"/v2/{host(elsewhere)}/shop/manifests/t1", body, MANIFEST)
    assert done.status == 201
    assert (tags(account), tags(elsewhere)) == ([], ["t1"])


def test_a_repository_that_is_not_there_is_refused(account: Account) -> None:
    path = f"/v2/{host(account)}/absent/manifests/t1"
    assert asked(account, "PUT", path, b"{}", MANIFEST).status == 404
