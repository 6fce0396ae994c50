"""What is fuzzed: a valid file to start from, and what must hold for whatever stands in a file.

``parse`` runs one reader alone on one file, which is what many executions need; ``read`` is the
whole way to a table, with its account. Either gives rows or one of the declared errors.
"""

import math
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import polars as pl

from popmargin.core.exceptions import PopmarginError
from popmargin.gather.context import Context
from popmargin.gather.dicom_instruction import read_instructions
from popmargin.gather.dicom_plan import read_plan
from popmargin.gather.dispatch import read_source
from popmargin.gather.kinds import kind_of, wanted_kinds
from popmargin.gather.options import ReaderOptions
from popmargin.gather.source_file import SourceFile
from popmargin.pipeline.config import load_study
from popmargin.tables.ledger import check_ledger
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course
from tests.writers.dose_objects import dose

MATCHES = course(patients=("p1",), fractions=2)
AXES = ("lr_mm", "si_mm", "ap_mm")
TEXTS = {
    "offline_review": texts.offline_review(MATCHES).encode(),
    "xvi": texts.xvi_ini(MATCHES[0]).encode(),
    "mosaiq_images": texts.mosaiq_images(MATCHES).encode(),
    "mosaiq_offsets": texts.mosaiq_offsets(MATCHES).encode(),
    "alignrt": texts.alignrt(MATCHES).encode(),
}
DICOM = ("dicom_registration", "dicom_record", "dicom_structures", "dicom_dose", "xvi")
TABLES = {"dicom_structures": "anatomy", "dicom_dose": "dvh"}
OPTIONS = {
    "patient_position": "HFS",
    "direction": "as_written",
    "machine_isocentre_mm": dicom.MACHINE,
    "planned_isocentre_mm": dicom.ISOCENTRE,
    "patient_id_from": "file_name",
    "sample": "each",
    "structures": {"CTV": "ctv"},
    "slice_thickness_mm": 3.0,
}
LARGEST_MM = 200
SHEET = "xl/worksheets/sheet1.xml"
TABLE = b"patient_id,fraction,lr_mm,si_mm,ap_mm\n001,1,1.5,-2,0.5\n001,2,,0,1e1\n"
CONFIG = b"study: s\nsources:\n  - {label: a, path: b.csv, timing: before_correction}\n"


def dicom_starts(folder):
    """Valid objects by their reader, and the ``plan`` that they need."""
    ring = [(0, 0, 0), (9, 0, 0), (9, 9, 0)], [(0, 0, 3), (9, 0, 3), (9, 9, 3)]
    structures = dicom.structure_set("p1", MATCHES[0].when, {"CTV": ring})
    objects = {
        "dicom_registration": dicom.registration(MATCHES[0]),
        "dicom_record": dicom.record(MATCHES[0], "HFS", "1.5", (0, 0, 0)),
        "dicom_structures": structures,
        "dicom_dose": dose(
            "p1",
            lambda x, y, z: 50 + x + y + z,
            corner=(-6, -6, -6),
            spacing=(6, 6, 6),
            shape=(4, 4, 4),
            plan="1.5",
        ),
        "xvi": dicom.rps(MATCHES[0], texts.xvi_ini(MATCHES[0])),
        "plan": dicom.plan("p1", uid="1.5", couch=(0, 0, 0), structures=structures.SOPInstanceUID),
    }
    return {
        name: dicom.save(data, folder / f"{name}.dcm").read_bytes()
        for name, data in objects.items()
    }


def declared(reader):
    """A source and reader options that leave nothing open."""
    table = TABLES.get(reader, "shifts")
    stated = {"timing": "before_correction", "signs": dict.fromkeys(AXES, 1)}
    if reader in {"mosaiq_images", "mosaiq_offsets", "alignrt"}:
        stated["quantity"] = "setup_error"
    if reader == "mosaiq_offsets":
        stated["units"] = dict.fromkeys(AXES, "cm")
    if reader == "alignrt":
        stated["columns"] = {"acquired_at": "Captured"}
    formats = {"mosaiq_images": "%d/%m/%Y %I:%M %p", "alignrt": "%d/%m/%Y %H:%M:%S"}
    source = SourceDeclaration(
        "clinic",
        table=table,
        date_format=formats.get(reader),
        max_set_aside_share=0.99,
        **(stated if table == "shifts" else {}),
    )
    way = {"error_from": "treatment_position"} if reader == "offline_review" else {}
    return source, ReaderOptions(reader, **OPTIONS, **way)


def read(path, reader):
    """Read a file or folder; a declared error is as good as a table whose account adds up."""
    start = time.monotonic()
    try:
        found = read_source(path, *declared(reader))
    except PopmarginError:
        return None
    finally:
        assert time.monotonic() - start < 10
    frame = found.complete()
    check_ledger(found.ledger, {"clinic": found.rows_read})
    for name in set(AXES) & set(frame.columns):
        assert frame[name].drop_nulls().is_between(-LARGEST_MM, LARGEST_MM).all()
    return frame


def parse(path, reader, *, plans=(), structure_sets=(), packed=False):
    """Records of one file by its reader alone; ``packed`` for the DICOM form of XVI."""
    source, options = declared(reader)
    kinds = [k for k in wanted_kinds(reader, source.table) if packed == bool(k.sop_class)]
    file = SourceFile(path, 1, path.name)
    kind_of(file)
    context = Context(source, options, plans=plans, structure_sets=structure_sets)
    try:
        records = kinds[0].read([file], context).records
    except PopmarginError:
        return
    for record in records:
        numbers = [] if record.reason else [record.values.get(name) for name in AXES]
        for number in numbers:
            assert number is None or isinstance(number, float | int | Decimal), number
            assert number is None or math.isfinite(number), number


@dataclass(frozen=True, slots=True)
class Target:
    """A valid file to start from, its name, and what reads it."""

    start: bytes
    name: str
    run: Callable[[Path], object]


def targets(folder: Path) -> dict[str, Target]:
    """Every parser by its name; ``folder`` takes the files that the starts are made with."""
    starts = dicom_starts(folder)
    beside = {
        "plans": (read_plan(SourceFile(folder / "plan.dcm", 1, "plan.dcm")),),
        "structure_sets": (SourceFile(folder / "dicom_structures.dcm", 2, "structures.dcm"),),
    }
    found = {
        name: Target(start, "p1.txt", partial(parse, reader=name)) for name, start in TEXTS.items()
    }
    for reader in DICOM:
        name = reader if reader not in TEXTS else f"{reader}_dicom"
        work = partial(parse, reader=reader, packed=True, **beside)
        found[name] = Target(starts[reader], "p1.dcm", work)
    instruction = dicom.save(dicom.instruction(MATCHES[0], (1, 2, 3)), folder / "instruction.dcm")
    book = folder / "start.xlsx"
    pl.read_csv(TABLE).write_excel(book)
    in_book = partial(_packed_sheet, workbook=book)
    return found | {
        "dicom_plan": Target(starts["plan"], "p1.dcm", _or_refused(_plan)),
        "dicom_instruction": Target(instruction.read_bytes(), "p1.dcm", _or_refused(_instruction)),
        "table": Target(TABLE, "p1.csv", _or_refused(_table)),
        "workbook": Target(_sheet_of(book), "sheet.xml", _or_refused(in_book)),
        "config": Target(CONFIG, "s.yaml", _or_refused(load_study)),
    }


def _or_refused(work: Callable[[Path], object]) -> Callable[[Path], object]:
    def run(path: Path) -> object:
        try:
            return work(path)
        except PopmarginError:
            return None

    return run


def _plan(path: Path) -> object:
    return read_plan(SourceFile(path, 1, path.name))


def _instruction(path: Path) -> object:
    return read_instructions([SourceFile(path, 1, path.name)])


def _table(path: Path) -> None:
    frame = read_table(path, SourceDeclaration("clinic")).complete()
    for name in AXES:
        assert frame[name].drop_nulls().is_between(-LARGEST_MM, LARGEST_MM).all()


def _sheet_of(workbook: Path) -> bytes:
    with zipfile.ZipFile(workbook) as archive:
        return archive.read(SHEET)


def _packed_sheet(path: Path, workbook: Path) -> None:
    """The workbook with the file at ``path`` for its sheet: a changed zip fails its checksum."""
    packed = path.with_name("p1.xlsx")
    with zipfile.ZipFile(workbook) as whole, zipfile.ZipFile(packed, "w") as archive:
        for item in whole.infolist():
            content = path.read_bytes() if item.filename == SHEET else whole.read(item)
            archive.writestr(item.filename, content)
    _table(packed)
