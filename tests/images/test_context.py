"""The digest of a build context, and what ``.dockerignore`` keeps out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from stackyard.errors import BuildError
from stackyard.images.context import tag
from stackyard.images.ignored import Ignored
from stackyard.images.source import Source

SOURCE = Source("../app/Dockerfile", "../app")
ARM = "linux/arm64"
FILES = [
    "Dockerfile",
    ".env",
    "README.md",
    "docs/keep.md",
    "docs/a.md",
    "docs/deep/b.md",
    "node_modules/x/index.js",
    "src/main.py",
    "src/main.pyc",
    "src/pkg/cache.pyc",
    "src/a1.txt",
    "src/b[1].txt",
]


@pytest.mark.parametrize(
    "lines",
    [
        ["*.md"],
        ["**/*.md"],
        ["docs"],
        ["docs/"],
        ["/docs"],
        ["docs/**"],
        ["docs", "!docs/keep.md"],
        ["*", "!src", "src/**/*.pyc"],
        ["**/*.pyc"],
        ["**/pkg"],
        ["src/?1.txt"],
        ["src/[a-b]1.txt"],
        ["# docs", "", "  node_modules  "],
        ["./src/../docs"],
        ["!docs", "docs"],
        ["**"],
    ],
    ids=" ".join,
)
def test_a_file_is_ignored_as_dockers_own_client_ignores_it(
    tmp_path: Path, lines: list[str]
) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    # the client takes lines that were read and stripped
    patterns = [line.strip() for line in lines if line.strip() and line[0] != "#"]
    sent = {path for path in exclude_paths(str(tmp_path), patterns) if path in FILES}
    ignored = Ignored("\n".join(lines))
    always = {"Dockerfile", ".dockerignore"}
    assert {name for name in FILES if not ignored(name)} | always == sent | always


def test_the_same_sources_have_the_same_tag(root: Path) -> None:
    first = tag(root, SOURCE, ARM)
    (root.parent / "app" / "src" / "main.py").touch()
    assert tag(root, SOURCE, ARM) == first
    assert len(first) == 40


def test_whatever_changes_the_image_changes_the_tag(root: Path) -> None:
    app = root.parent / "app"
    seen = [tag(root, SOURCE, ARM), tag(root, SOURCE, "linux/amd64")]
    seen.append(tag(root, SOURCE._replace(target="release"), ARM))
    seen.append(tag(root, SOURCE._replace(arguments=(("A", "1"),)), ARM))
    (app / "src" / "main.py").write_text("print('bye')\n")
    seen.append(tag(root, SOURCE, ARM))
    (app / "src" / "main.py").chmod(0o755)
    seen.append(tag(root, SOURCE, ARM))
    (app / "src" / "main.py").rename(app / "src" / "other.py")
    seen.append(tag(root, SOURCE, ARM))
    (app / "src" / "link").symlink_to("other.py")
    seen.append(tag(root, SOURCE, ARM))
    (app / "Dockerfile").write_text("FROM scratch\n")
    seen.append(tag(root, SOURCE, ARM))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("text", ["venv", "*\n!src\n!.dockerignore"])
def test_what_docker_does_not_see_does_not_change_it(root: Path, text: str) -> None:
    app = root.parent / "app"
    (app / ".dockerignore").write_text(text)
    before = tag(root, SOURCE, ARM)
    (app / "venv" / "lib").mkdir(parents=True)
    (app / "venv" / "lib" / "module.py").write_text("")
    assert tag(root, SOURCE, ARM) == before


def test_where_another_file_may_decide_nothing_is_left_out(root: Path) -> None:
    app = root.parent / "app"
    (app / ".dockerignore").write_text("notes")
    (app / "Dockerfile.dockerignore").write_text("")  # BuildKit reads this one instead
    before = tag(root, SOURCE, ARM)
    (app / "notes").write_text("")
    assert tag(root, SOURCE, ARM) != before


def test_a_missing_dockerfile_or_folder_is_named(root: Path) -> None:
    with pytest.raises(BuildError, match=r"^image.dockerfile: there is no .*/Nowhere; correct"):
        tag(root, SOURCE._replace(dockerfile="../app/Nowhere"), ARM)
    with pytest.raises(BuildError, match=r"^image.context: there is no folder .*/nowhere; correct"):
        tag(root, SOURCE._replace(context="../nowhere"), ARM)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["src/main.py", "src"])
def test_what_cannot_be_read_is_named(root: Path, name: str) -> None:
    (root.parent / "app" / name).chmod(0)
    with pytest.raises(BuildError, match=rf"{name}: cannot be read: permission denied; mend it"):
        tag(root, SOURCE, ARM)
