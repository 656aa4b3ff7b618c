"""Says "nothing changed" before anything heavy is imported.

A build ends by leaving a digest of all it read and wrote. The next one computes that digest again,
which takes a few milliseconds, and is done if it is the same. This module therefore imports nothing
but what the interpreter has loaded already, and hashlib.
"""

import os
import sys
import time
from hashlib import sha256

GENERATED = ("docs/components.md", "taskcat.yml")  # where a project has docs/, or that file
SOURCE_SUFFIXES = (".py", ".js", ".mjs", ".json", ".txt", ".yaml", ".yml", ".pem", ".sql")


def unchanged(root: str, package: str, arguments: list[str]) -> str:
    """Return what the last build with these arguments said, empty if anything changed since.

    Args:
        root: the project's folder.
        package: name of its package of templates.
        arguments: of the command line, the command included.
    """
    started = time.perf_counter()
    if arguments and arguments[0] != "build" and not arguments[0].startswith("-"):
        return ""
    try:
        with open(state_path(root, arguments), encoding="utf-8") as file:
            recorded, _, message = file.read().partition("\n")
    except OSError:
        return ""
    try:
        now = state(read_inputs(root, package), read_outputs(root))
    except OSError:  # the build will say what cannot be read
        return ""
    if recorded != now:
        return ""
    return message.replace("{seconds}", f"{time.perf_counter() - started:.3f}")


def state_path(root: str, arguments: list[str]) -> str:
    """Return where the digest of a build with these arguments is kept."""
    words = [word for word in arguments if word != "build"]
    name = "-".join(["build", *words]).replace(os.sep, "_")
    return os.path.join(root, ".stackyard", "state", name)


def state(inputs: str, outputs: str) -> str:
    """Return the digest of a build: what it read, what it wrote, and the tools that did it."""
    packages = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(
        sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages"
    )
    # installing or removing a distribution touches the folder
    touched = os.stat(installed).st_mtime_ns if os.path.isdir(installed) else 0
    return sha256(f"{sys.version}{packages}{touched}{inputs}{outputs}".encode()).hexdigest()


def read_inputs(root: str, package: str) -> str:
    """Return the digest of the template sources, the parameter files and this tool's own code."""
    folders = [os.path.join(root, package), os.path.join(root, "params")]
    return sha256((_digest(folders, SOURCE_SUFFIXES) + _tool()).encode()).hexdigest()


def _tool() -> str:
    """Return what tells this tool's own code from what it was before.

    Who installs it or works on it changes sizes or times; its content is more than all the rest.
    """
    parts = []
    for path in files(os.path.dirname(os.path.abspath(__file__)), SOURCE_SUFFIXES):
        seen = os.stat(path)
        parts.append(f"{path} {seen.st_size} {seen.st_mtime_ns}")
    return "\n".join(parts)


def read_outputs(root: str) -> str:
    """Return the digest of ``dist/`` and of the files that are generated elsewhere."""
    return _digest([os.path.join(root, name) for name in ("dist", *GENERATED)], ())


def _digest(folders: list[str], suffixes: tuple[str, ...]) -> str:
    total = sha256()
    for folder in folders:
        for path in files(folder, suffixes):
            with open(path, "rb") as file:
                total.update(f"{path}\0".encode() + sha256(file.read()).digest())
    return total.hexdigest()


def files(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return the files of these endings below *folder*, sorted; all if there is no ending."""
    found = []
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            found.append(place)
            continue
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    waiting.append(entry.path)
            elif not suffixes or entry.name.endswith(suffixes):
                found.append(entry.path)
    return sorted(found)
