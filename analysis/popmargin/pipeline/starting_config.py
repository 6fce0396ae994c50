"""A starting config for an export: what its files prove, and a question wherever one may not guess.

An open question stands as ASK in the config, which is refused until every ASK has its answer.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from popmargin.gather.guess_columns import (
    Guess,
    are_numbers,
    date_formats,
    guess_columns,
    largest_of,
)
from popmargin.gather.looks import looks_like_vendor
from popmargin.gather.recognise import Recognised, recognise
from popmargin.gather.table_head import TableHead, read_head
from popmargin.pipeline.open_questions import ASK
from popmargin.pipeline.starting_tables import (
    LABEL,
    PATH,
    Line,
    column_lines,
    decimal_lines,
    label_lines,
    line,
    other_table,
    quoted,
    written_lines,
)

_AXES: Final = ("lr_mm", "si_mm", "ap_mm")
_TURNS: Final = ("pitch_deg", "roll_deg", "yaw_deg")
_POSITIVE: Final = {"lr_mm": "left", "si_mm": "superior", "ap_mm": "anterior"}
_TIMING: Final = "before_correction, after_correction, during_treatment or after_treatment"
_QUANTITY: Final = "setup_error (where the patient was) or couch_shift (how the couch moved him)"


@dataclass(frozen=True, slots=True)
class StartingConfig:
    """Text of a config, and what stands in it: key, ``recognised`` or ``asked``, and the remark."""

    text: str
    findings: tuple[tuple[str, str, str], ...]


def starting_config(exports: Sequence[tuple[Path, str]], config: Path) -> StartingConfig:
    """A config to start from.

    Parameters
    ----------
    exports : path and table (``shifts``, ``anatomy``, ``patients`` or ``outcomes``) of each: a
        table, a vendor's file, or a folder of them.
    config : where the config will stand; paths in it start from there.

    Raises
    ------
    RefusedInput
        Nothing at a path, or nothing in it that a reader knows.
    """
    here = config.absolute().parent
    parents = [os.path.normpath(export.absolute().parent) for export, _ in exports]
    outside = any(os.path.relpath(parent, here).startswith("..") for parent in parents)
    folder = os.path.commonpath(parents) if outside else str(here)
    several = len(exports) > 1
    lines: list[Line] = []
    for export, table in exports:
        place = quoted(os.path.relpath(export.absolute(), folder))
        for text, key, remark in _source_lines(export, table):
            stated = f"{PATH} {place}" if text == PATH else text
            number = sum(text.startswith(LABEL) for text, *_ in lines)
            if several and stated.startswith(LABEL):
                stated = stated.replace("clinic, ", f"clinic {number + 1}, ", 1)
            # With several sources a key alone would not say whose it is.
            named = f"sources[{number - 1}].{key}" if several and key and number else key
            lines.append((stated, named, remark))
    head = [
        f"# Written by popmargin init. Answer every {ASK}; the words beside it say how. Then:",
        "# popmargin check this file, and popmargin run this file. Every key: config/schema.yaml.",
        f"study: {_slug(config.stem)}",
        *([f"data_folder: {quoted(folder)}"] if outside else []),
        "sources:",
    ]
    tables = {table for _, table in exports}
    asked = [*_ANALYSES] if {"patients", "outcomes"} <= tables else []
    lines += [(text, key, remark) for text, key, remark in asked]
    text = "\n".join([*head, *(text for text, *_ in lines), *_TAIL]) + "\n"
    findings = [
        (key, "asked" if ASK in text.partition("#")[0] else "recognised", remark)
        for text, key, remark in lines
        if key
    ]
    return StartingConfig(text, tuple(findings))


def _source_lines(export: Path, table: str) -> Iterator[Line]:
    if table != "shifts":
        return other_table(table, read_head(export))
    if looks_like_vendor(export):
        return _vendor_sources(export)
    return _table_source(read_head(export))


_ANALYSES: Final = (
    ("outcomes:", "", ""),
    ("  analyses:", "", ""),
    (f"    - endpoint: {ASK}   # as the table of outcomes names it", "endpoint", "what happened"),
    (
        f"      compare: {ASK}   # column of the table of patients whose groups are compared",
        "compare",
        "for instance igrt_protocol",
    ),
    ("      # covariates: [age, centre]   # to adjust for, chosen before looking", "", ""),
)
_TAIL: Final = (
    "errors:",
    "  group_by: []   # for instance [site], once columns say which of the file is site",
    "# protocol_in_use: nal:images=3   # correction protocol in force when the data were logged",
    "# target: {ctv_radius_mm: 30, fractions: 25}   # gives coverage as well",
    "# present_margin_mm: {lr: 5, si: 5, ap: 5}   # the margin in use, to compare with",
)


def _vendor_sources(export: Path) -> Iterator[Line]:
    from popmargin.core.exceptions import RefusedInput

    found = recognise(export)
    if not found.known:
        expected = "files that a reader knows (docs/readers)"
        instead = f"{found.unknown} others"
        raise RefusedInput(export.name, expected, instead, "export a table and run init on it")
    if found.unknown:
        # A file's name may be a patient's: only its ending is told.
        endings = ", ".join(
            dict.fromkeys(ascii(Path(name).suffix)[1:-1] or "no ending" for name in found.names)
        )
        yield f"  # {found.unknown} files ({endings}) are of no kind that a reader knows.", "", ""
        yield (
            "  # A table among them is a source of its own: popmargin init on it shows how.",
            "",
            "",
        )
    if sum(known.table == "shifts" for known in found.known) > 1:
        remark = "the kinds below may hold the same fractions: keep one source for each fraction"
        yield f"  # {remark}.", "sources", remark
    for known in found.known:
        yield f'{LABEL}"clinic, {known.reader}"   # how results name it', "", ""
        if known.table != "shifts":
            yield line("table", known.table)
        yield PATH, "", ""
        yield line("reader", known.reader, f"{known.files} files of this kind")
        for key, choices in known.needs.items():
            yield _need(key, choices, known)
        if known.table == "shifts":
            yield "    # constants: {site: ..., centre: ...}   # the same for every row", "", ""


def _need(key: str, choices: str, known: Recognised) -> Line:
    """A question from what a reader says that it needs: ``value   # other choices``."""
    value, _, others = choices.partition("   # ")
    if key == "structures":
        pairs = ", ".join(f"{json.dumps(name)}: {ASK}" for name in known.structures)
        remark = "structure or structure/side (parotid/left); remove the lines not wanted"
        return line(key, "{" + (pairs or f'"name": {ASK}') + "}", remark)
    if value.startswith("{") and ":" in value:
        names = re.findall(r"([a-z_]+):", value)
        asked = "{" + ", ".join(f"{name}: {ASK}" for name in names) + "}"
        return line(key, asked, f"for instance {value}; {others}")
    if value.startswith("["):
        return line(key, f"[{ASK}, {ASK}, {ASK}]", f"for instance {value}; {others}")
    return line(key, ASK, f"for instance {value}; {others}" if others else f"for instance {value}")


def _table_source(head: TableHead) -> Iterator[Line]:
    guesses = guess_columns(list(head.cells))
    yield from label_lines(head)
    yield from column_lines(guesses, ("patient_id", "fraction", *_AXES))
    yield from written_lines(head)
    for key, choices in (("timing", _TIMING), ("quantity", _QUANTITY)):
        if key not in guesses:
            yield line(key, ASK, choices)
    yield from _numbers(head, guesses)
    dates = guesses.get("acquired_at", [])
    if len(dates) == 1:
        yield from _dates(head.cells[dates[0].column])


def _numbers(head: TableHead, guesses: Mapping[str, list[Guess]]) -> Iterator[Line]:
    numeric = [name for name in (*_AXES, *_TURNS) if len(guesses.get(name, [])) == 1]
    cells = {name: head.cells[guesses[name][0].column] for name in numeric}
    columns = cells.values() if numeric else filter(are_numbers, head.cells.values())
    together = [cell for column in columns for cell in column]
    yield from decimal_lines(together)
    yield "    units:", "", ""
    for name in [*_AXES, *(name for name in numeric if name in _TURNS)]:
        unit = guesses[name][0].unit if name in numeric else None
        largest = largest_of(cells.get(name, []))
        reach = f"; numbers reach {largest:g}" if largest is not None else ""
        choices = "deg or rad" if name in _TURNS else "mm or cm"
        remark = f"as the column's name says{reach}" if unit else f"{choices}{reach}"
        text, _, _ = line(name, unit or ASK, remark)
        yield f"  {text}", f"units.{name}", remark
    yield (
        "    signs:   # of the axes in the file; a couch_shift is turned into the error later",
        "",
        "",
    )
    yield "      # a phantom moved by known amounts tells (docs/readers)", "", ""
    for name in _AXES:
        remark = f"1 where + is {_POSITIVE[name]} in the file, -1 where it is the other way"
        text, _, _ = line(name, ASK, remark)
        yield f"  {text}", f"signs.{name}", remark


def _dates(cells: list[str]) -> Iterator[Line]:
    formats = date_formats(cells)
    if formats[:1] == ["%Y-%m-%d"]:
        return
    if len(formats) == 1:
        yield line("date_format", json.dumps(formats[0]), "as the dates are written")
    else:
        remark = f"one of {', '.join(formats)}?" if formats else "for instance %d.%m.%Y %H:%M"
        yield line("date_format", ASK, remark)


def _slug(stem: str) -> str:
    plain = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:40]
    return f"study-{plain}" if not plain or plain.isdigit() else plain
