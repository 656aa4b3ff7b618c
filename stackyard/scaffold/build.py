"""The command line of this project: ``python build.py [COMMAND]``; no command means build."""

import os
import sys

try:
    from stackyard.quick import unchanged
except ModuleNotFoundError:
    hint = "run .venv/bin/python, or pip install -r requirements.txt"
    sys.exit(f"error: {sys.executable}: has no stackyard; {hint}")

PACKAGE = "my_platform"


def main() -> None:
    """Say that nothing changed, or run the command."""
    root = os.path.dirname(os.path.abspath(__file__))
    message = unchanged(root, PACKAGE, sys.argv[1:])
    if message:
        print(message)
        return
    from stackyard.start import run

    run(root, PACKAGE)


if __name__ == "__main__":
    main()
