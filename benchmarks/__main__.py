"""Run the benchmarks and write their tables into benchmarks/README.md.

``python -m benchmarks`` runs all, ``python -m benchmarks NAME ...`` those named. Each benchmark is
a script of its own that prints markdown; the page keeps the last run of each.
"""

import datetime
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE / "README.md"
HEAD = """# Benchmarks

Each table is printed by the script of its name, its rivals measured in the same run: read the
ratios, times drift with the machine. `make benchmark` runs all and rewrites this page,
`.venv/bin/python -m benchmarks NAME` one.
"""


def names() -> list[str]:
    """Every benchmark, by the name of its script."""
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def machine() -> str:
    """Class of the machine: what a reader needs to judge the times, nothing that names it."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def sections(page: str) -> dict[str, str]:
    """Text of each benchmark on the page, by name."""
    parts = re.split(r"^## (\S+)\n", page, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def measure(name: str) -> str:
    """Run one benchmark and return its section."""
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"benchmark {name} failed:\n{done.stderr}")
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return f"\n*{today}, {machine()}.*\n\n{done.stdout.strip()}\n\n"


def main(wanted: list[str]) -> None:
    """Run what is wanted, keep the rest of the page."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        sys.exit(f"no benchmark {unknown[0]}; there are {', '.join(names())}")
    found = sections(PAGE.read_text()) if PAGE.exists() else {}
    for name in wanted or names():
        print(f"running {name}", file=sys.stderr)
        found[name] = measure(name)
        body = "".join(f"## {key}\n{found[key]}" for key in sorted(found))
        PAGE.write_text(f"{HEAD}\n{body}".rstrip() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
