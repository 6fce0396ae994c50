"""The drawing of ``docs/architecture.md``, made from the code: rooms, floors, imports.

``python -m tests.architecture.drawing`` writes it into the page; a test says when it is stale.
"""

import ast
import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
_DRAWING = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)
_ROOMS = re.compile(r"(?<=\| room \| what it holds \|\n\|---\|---\|\n).*?(?=\n\n)", re.DOTALL)


def floors():
    """Rooms of every floor, the lowest first, as the import contract states them."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = stated["tool"]["importlinter"]["contracts"][0]["layers"]
    return [re.findall(r"popmargin\.(\w+)", layer) for layer in reversed(layers)]


def imports(rooms):
    """Room -> rooms that it imports, without those reached through another."""
    graph = grimp.build_graph("popmargin")
    direct = {
        room: {
            other
            for other in rooms
            if other != room
            and graph.direct_import_exists(
                importer=f"popmargin.{room}", imported=f"popmargin.{other}", as_packages=True
            )
        }
        for room in rooms
    }

    def reached(room):
        return direct[room].union(*(reached(other) for other in direct[room]))

    return {
        room: {o for o in below if not any(o in reached(p) for p in below if p != o)}
        for room, below in direct.items()
    }


def drawing():
    """The drawing as Mermaid text."""
    rooms = [room for floor in floors() for room in floor]
    lines = ["flowchart BT"]
    for number, floor in enumerate(floors()):
        lines.append(f"  subgraph floor{number}[floor {number}]")
        lines += [f"    {room}" for room in floor]
        lines.append("  end")
    lines += [
        f"  {room} --> {other}" for room, below in imports(rooms).items() for other in sorted(below)
    ]
    return "\n".join(lines) + "\n"


def rooms():
    """A line of a table for every room: the first sentence of what it says of itself."""
    lines = []
    for floor in reversed(floors()):
        for room in floor:
            source = ROOT / "analysis" / "popmargin" / room / "__init__.py"
            said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
            first = " ".join(said.split("\n\n")[0].split())
            lines.append(f"| `{room}` | {first.split(': ', 1)[1]} |")
    return "\n".join(lines)


def page(text):
    """The page with the drawing and the rooms of today."""
    return _ROOMS.sub(rooms(), _DRAWING.sub(drawing(), text))


def main():
    """Write both into the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
