from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import pytest

from stackyard.errors import BuildError
from stackyard.functions import archive, archives

FUNCTIONS = Path(__file__).parent.parent / "templates_src" / "functions"
ROTATION = FUNCTIONS / "credential_rotation"


@pytest.fixture(scope="module")
def packed() -> bytes:
    return archive(ROTATION)


@pytest.fixture
def function(tmp_path: Path) -> Path:
    (tmp_path / "handler.py").write_text("import six\n")
    (tmp_path / "requirements.txt").write_text(f"six=={version('six')}  # why\n\n")
    return tmp_path


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(BytesIO(content)).namelist()


def test_same_sources_give_the_same_bytes(
    function: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = archive(function)
    moved = tmp_path_factory.mktemp("elsewhere") / "copy"
    function.rename(moved)
    for path in moved.iterdir():
        path.chmod(0o600)
        path.touch()
    assert archive(moved) == first


def test_nothing_is_compressed_and_entries_are_sorted(packed: bytes) -> None:
    entries = zipfile.ZipFile(BytesIO(packed)).infolist()
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_the_function_and_its_data_are_at_the_top(packed: bytes) -> None:
    assert {"handler.py", "rds-roots.pem", "pg8000/native.py", "six.py"} <= set(names(packed))


def test_sources_of_the_build_and_the_installer_stay_out(packed: bytes) -> None:
    for name in names(packed):
        assert not name.endswith((".pyc", "RECORD", "INSTALLER", "requirements.txt")), name
        assert "tests/" not in name


def test_licences_travel_with_the_code(packed: bytes) -> None:
    licensed = {name.split("-")[0] for name in names(packed) if "LICENSE" in name}
    assert licensed == {"asn1crypto", "pg8000", "python_dateutil", "scramp", "six"}


def test_what_a_function_imports_is_in_its_archive_or_the_runtime(
    packed: bytes, tmp_path: Path
) -> None:
    zipfile.ZipFile(BytesIO(packed)).extractall(tmp_path)
    runtime = "import sys, types\n" + "".join(
        f"sys.modules[{name!r}] = types.ModuleType({name!r})\n"
        for name in ("boto3", "botocore", "botocore.exceptions")
    )
    program = f"{runtime}sys.modules['botocore.exceptions'].ClientError = Exception\nimport handler"
    isolated = [sys.executable, "-S", "-c", f"{program}; print(handler.__file__)"]
    done = subprocess.run(isolated, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "handler.py")


def test_archive_stays_small(packed: bytes) -> None:
    assert len(packed) < 2 * 1024 * 1024


def test_every_function_is_archived_by_name(packed: bytes) -> None:
    assert archives(FUNCTIONS)["credential_rotation"] == packed


@pytest.mark.parametrize(
    ("requirement", "complaint"),
    [
        ("six==0.1", "is installed instead of 0.1; run: pip install -r"),
        ("no-such-distribution==1", "no-such-distribution is not installed; run: pip install -r"),
        ("six>=1", "'six>=1' is no pin; write it as name==version"),
    ],
)
def test_a_distribution_that_is_not_as_pinned_is_refused(
    function: Path, requirement: str, complaint: str
) -> None:
    (function / "requirements.txt").write_text(f"# first line\n{requirement}\n")
    with pytest.raises(BuildError, match=r"requirements.txt:2: ") as refused:
        archive(function)
    assert complaint in str(refused.value)


def test_a_function_in_node_carries_its_modules_and_nothing_of_python() -> None:
    packed = names(archives(FUNCTIONS)["worker"])
    assert {"handler.js", "schema.sql", "node_modules/postgres/cjs/src/index.js"} <= set(packed)
    assert not [name for name in packed if name.endswith(".py")]
