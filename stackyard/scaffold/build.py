"""The command line of this project: ``python build.py [COMMAND]``; no command means build."""

import os
import sys

from stackyard.quick import unchanged

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
