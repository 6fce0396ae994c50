"""The report page: one self-contained HTML file of what the report says, and the explorer's page.

It says nothing of its own. Nothing is requested from anywhere: the page's own security policy
forbids it.
"""

import os
import re
import unicodedata
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from popmargin.core.atomic import write_text
from popmargin.core.resources import resource_path
from popmargin.reports.explorer import ExplorerPart, script_policy
from popmargin.reports.figure_fonts import figure_fonts
from popmargin.reports.inline_svg import inline_svg
from popmargin.reports.parts import ReportParts

LONGEST_TEXT: Final = 1200


def render_page(parts: ReportParts, explorer: ExplorerPart | None = None) -> str:
    """The page of a report's parts, with the explorer where it is given."""
    scripts = [_template_text("report.js"), *(explorer.scripts if explorer else ())]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=parts.title,
            version=parts.version,
            synthetic=parts.synthetic,
            overrides=parts.overrides,
            blocking=parts.blocking,
            answers=parts.answers,
            sections=parts.sections,
            svgs={f.name: inline_svg(f.svg, f.name, f.title, f.alt) for f in parts.figures},
            css=_template_text("report.css"),
            fonts=figure_fonts(figure.svg for figure in parts.figures),
            explorer=explorer.data if explorer else None,
            explorer_json=explorer.json if explorer else "",
            scripts=scripts,
            policy=script_policy(scripts, evaluates=explorer is not None),
        )
    )


def render_explorer(explorer: ExplorerPart, title: str, version: str) -> str:
    """The explorer as a page of its own; the same text for the same arguments."""
    return (
        _environment()
        .get_template("explorer_page.html.j2")
        .render(
            title=title,
            version=version,
            explorer=explorer.data,
            explorer_json=explorer.json,
            scripts=explorer.scripts,
            policy=script_policy(explorer.scripts, evaluates=True),
            css=_template_text("report.css"),
        )
    )


def write_report(page: str, target: str | os.PathLike[str]) -> None:
    """Write the page to ``target``, whole or not at all."""
    write_text(target, page)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource_path("reports", "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _template_text(name: str) -> str:
    return (resource_path("reports", "templates") / name).read_text("utf-8")


def _printable(value: Any) -> Any:
    """Text from data without control and direction characters, and not without end.

    A number stays on the line of its unit.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    kept = "".join(" " if unicodedata.category(c) in _UNPRINTED else c for c in value)
    kept = _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", kept)
    if len(kept) <= LONGEST_TEXT:
        return kept
    tail = re.search(r" \([^()]{1,14}\)$", kept)
    return f"{kept[:LONGEST_TEXT]}…{tail.group() if tail else ''}"


_UNPRINTED: Final = frozenset(("Cc", "Cf", "Cs", "Co"))
_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=%|mm\b)")
