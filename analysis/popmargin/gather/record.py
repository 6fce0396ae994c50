"""Floor 2: one record of a vendor's log, usable or with the reason why it is not."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from popmargin.core.flags import Flag
from popmargin.gather.fields import BadCell
from popmargin.gather.source_file import DamagedFile, SourceFile

# Reasons of what is no measurement, or not one that was asked for: they say nothing about the
# quality of the source, so they do not count against the share of records it may set aside.
EXPECTED: Final = {
    "no_match": "nothing was matched on this image",
    "no_rows": "the file holds no record",
    "no_axis_measured": "no position is measured on any axis",
    "superseded": "a later alignment of the same image replaced it",
    "old_version": "a later version of the record replaced it",
    "localisation_offset": "a systematic correction after review, not a measurement of the day",
    "other_sample": "another sample of the recording stands for it",
    "setup_beam": "not a treatment beam",
    "structure_not_mapped": "the structure is not in the map of the source",
    "not_a_plan_dose": "the dose is not that of a whole plan",
    "no_contours": "the structure has no closed contour",
    "duplicate_row": "the record stands in the source twice",
}
DAMAGED: Final = {
    "damaged_file": "the file cannot be read as what it says it is",
    "ragged_row": "the row has another number of cells than the header",
    "patient_not_found": "the system did not find the patient",
    "unknown_type": "the kind of offset is not known",
    "several_isocentres": "the plans of this patient and frame have different isocentres",
    "no_isocentre": "no RT Plan of this patient and frame gives a planned isocentre",
    "no_registration": "no item registers the image to the planning frame",
    "several_registrations": "several items register to the planning frame",
    "not_rigid": "the matrix is not rigid",
    "no_direction": "no direction is declared for this producer",
    "relative_couch_position": "the first control point is empty: couch positions are relative",
    "no_planned_position": "no RT Plan gives the planned couch position of the beam",
    "adjustments_differ": "delivery instructions adjust the couch of the fraction differently",
    "turned_couch": "the eccentric table angle is not zero",
    "position_differs": "the file states another patient position than the source",
    "contours_cross": "contours of one slice cross",
    "not_axial": "contours do not lie in axial slices",
    "too_large": "the structure has more contours or points than can be compared",
    "one_slice": "the structure is on one slice: its thickness is unknown",
    "outside_dose": "the structure leaves the dose grid",
    "no_structure_set": "no structure set of this patient and frame, or several, belongs to it",
    "several_doses": "the patient has several dose grids of whole plans",
    "conflicting_duplicate": "records with one identity hold different values",
}
# Files that gave no record, counted by kind.
APART: Final = {
    "unclaimed_file": "files of no kind that a reader knows",
    "other_kind": "files of another kind than this source reads",
    "reference_file": "plans, images and structure sets that other files refer to",
    "link": "links to folders or out of the folder, and special files, not followed",
}
REASONS: Final = EXPECTED | DAMAGED


@dataclass(slots=True)
class Record:
    """One record of a source.

    ``place`` where it stands, without names; ``values`` canonical column -> value (texts,
    numbers in mm and degrees, ``acquired_at`` a datetime); ``reason`` and ``column`` why it cannot
    be used; ``identity`` what makes it the same record when an export is there twice; ``order``
    among records of one moment; ``remark`` a code for what its reader wants to say about it.
    """

    place: str
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    column: str = ""
    identity: Hashable = None
    order: int = 0
    remark: str = ""

    def set_aside(self, error: BadCell | DamagedFile) -> None:
        """Take the reason from a cell that cannot be used, or a file that cannot be read."""
        if isinstance(error, BadCell):
            self.reason, self.column = error.reason, error.column
        else:
            # What was found may quote the file, so only what was expected is kept.
            self.reason, self.remark = "damaged_file", f"expected {error.expected}; {error.remedy}"


@dataclass(slots=True)
class Reading:
    """What a reader found: records, remarks, and what it assumed."""

    records: list[Record] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def extend(self, other: "Reading") -> None:
        """Add what another reader found; assumptions are said once."""
        self.records += other.records
        self.flags += other.flags
        self.assumptions += [text for text in other.assumptions if text not in self.assumptions]


def damaged(file: SourceFile, error: DamagedFile) -> Record:
    """Record of a file that cannot be read."""
    record = Record(file.place())
    record.set_aside(error)
    return record
