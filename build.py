"""The command line of this project: ``python build.py [COMMAND]``; no command means build."""

import os
import sys

from stackyard.quick import unchanged


def main() -> None:
    """Say that nothing changed, or run the command."""
    root = os.path.dirname(os.path.abspath(__file__))
    message = unchanged(root, "templates_src", sys.argv[1:])
    if message:
        try:
            print(message, flush=True)
        except BrokenPipeError:  # who read it has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(141)
        return
    from stackyard.start import run

    run(root)


if __name__ == "__main__":
    main()
