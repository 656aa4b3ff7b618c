"""Floor of many: `services.py OUT BLUEPRINTS STACKS ENVIRONMENTS`, in plain troposphere."""

from __future__ import annotations

import sys
from pathlib import Path

from names import NAMES
from service import nest, start, template, write, write_parameters


def main(out: Path, blueprints: int, stacks: int, environments: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for blueprint in range(blueprints):
        root, _ = start(f"Blueprint {blueprint}", NAMES)
        for stack in range(stacks):
            name = f"b{blueprint}_service_{stack}"
            write(out, name, template(f"Service {stack}"))
            nest(root, f"Service{stack}", name, NAMES)
        write(out, f"b{blueprint}", root)
        for environment in range(environments):
            write_parameters(out, f"b{blueprint}.{environment}", root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
