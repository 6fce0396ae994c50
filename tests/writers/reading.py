"""What the tests of the text readers share."""

from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.ledger import check_ledger
from popmargin.tables.source import SourceDeclaration

AXES = ("lr_mm", "si_mm", "ap_mm")


def read_text(folder, text, reader, *, name="export.txt", source=None, **options):
    """Write ``text`` into the folder and read it; set-aside rows up to nine in ten are allowed."""
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)
    declared = {"timing": "before_correction", "max_set_aside_share": 0.9} | (source or {})
    table = read_source(
        folder / name, SourceDeclaration("clinic", **declared), ReaderOptions(reader, **options)
    )
    check_ledger(table.ledger, {"clinic": table.rows_read})
    return table


def reasons(table):
    """Reasons of the records that were set aside."""
    return table.ledger.filter(status="set_aside")["reason"].to_list()


def shifts(table):
    """Shifts in the order of fraction and image."""
    frame = table.complete().sort("patient_id", "fraction", "image")
    return frame.select(AXES).rows()


def codes(table):
    """Codes of the flags."""
    return {flag.code for flag in table.flags}
