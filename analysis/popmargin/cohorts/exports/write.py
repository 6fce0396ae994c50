"""Write a synthetic cohort as clinics would have it: a folder of a vendor's files, or a workbook.

The vendors' formats print shifts to 0.1 mm, so the published figures hold to about that.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.cohorts.exports.course import Match, matches_by_patient
from popmargin.cohorts.exports.elekta import mosaiq_images, xvi_ini
from popmargin.cohorts.exports.offline_review import offline_review
from popmargin.core.atomic import atomic_folder, atomic_path
from popmargin.core.exceptions import WrongUsage

# Where the couch was planned to stand: lateral, longitudinal, vertical, mm.
_PLANNED_COUCH_MM: Final = (4.0, 1012.5, -151.0)
# ASSUME a gland whose radius shrinks by 0.5 mm in each third of the course: invented, for show.
_GLAND: Final = {"patients": 6, "radius_mm": 15.0, "shrinks_mm": 0.5, "slice_mm": 3.0}
# A workbook holds when it was made: one instant for all, so that one cohort gives one file.
_CREATED: Final = datetime(2000, 1, 1)
_Patients = Mapping[str, list[Match]]


def write_export_folder(cohort: pl.DataFrame, folder: str | Path, layout: str) -> None:
    """Write the matches of a cohort as a folder of vendor files.

    Parameters
    ----------
    cohort : shifts table with patient_id (safe as a folder's name), fraction, lr_mm, si_mm, ap_mm.
    folder : made anew.
    layout : one of `LAYOUTS`: ``offline_review`` (one text a patient), ``xvi_mosaiq`` (a folder a
        patient, XVI registrations for the first half, MOSAIQ image lists for the others) or
        ``dicom`` (registrations for the first half, treatment records for the others, plans,
        structure sets of some).

    Raises
    ------
    WrongUsage
        For another layout.
    """
    if layout not in LAYOUTS:
        raise WrongUsage(f"no layout {layout!r}; there are {', '.join(LAYOUTS)}")
    with atomic_folder(folder) as temporary:
        LAYOUTS[layout](matches_by_patient(cohort), temporary)


def write_export_workbook(cohort: pl.DataFrame, path: str | Path) -> None:
    """Write a cohort as a clinic's own sheet: couch shifts in cm, texts with decimal commas.

    Parameters: shifts table with patient_id, fraction, lr_mm, si_mm, ap_mm; file to write.
    """
    import xlsxwriter

    with atomic_path(path) as temporary, xlsxwriter.Workbook(temporary) as book:
        book.set_properties({"created": _CREATED})
        sheet = book.add_worksheet("Lagerung")
        # Texts throughout, as exports of databases have them.
        sheet.write_row(0, 0, ["Fallnummer", "Fraktion", "Datum", "lat/cm", "long/cm", "vert/cm"])
        matches = (m for found in matches_by_patient(cohort).values() for m in found)
        for row, match in enumerate(matches, start=1):
            # What the couch did is the opposite of the error.
            couch = [f"{0.0 - value / 10:.2f}".replace(".", ",") for value in match.shift]
            cells = [match.patient_id, str(match.fraction), f"{match.when:%d.%m.%Y}", *couch]
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)


def _offline_review(patients: _Patients, folder: Path) -> None:
    for number, matches in enumerate(patients.values(), start=1):
        text = offline_review(matches)
        (folder / f"raw data {number:02d}.txt").write_text(text, encoding="utf-8")


def _xvi_mosaiq(patients: _Patients, folder: Path) -> None:
    for number, (patient, matches) in enumerate(patients.items()):
        (folder / patient).mkdir()
        if 2 * number < len(patients):
            for match in matches:
                path = folder / patient / f"{match.fraction:03d}.INI.XVI"
                path.write_bytes(xvi_ini(match).encode())
        else:
            (folder / patient / "images.txt").write_text(mosaiq_images(matches), encoding="utf-8")


def _dicom(patients: _Patients, folder: Path) -> None:
    from popmargin.cohorts.exports.dicom_objects import save
    from popmargin.cohorts.exports.dicom_registration import registration
    from popmargin.cohorts.exports.dicom_treatment import plan, record, structure_set

    for number, (patient, matches) in enumerate(patients.items()):
        planning = ""
        # Among the patients with treatment records, which tell the fraction of a repeat image.
        gland = len(patients) - 1 - number
        if gland < _GLAND["patients"]:
            for step in range(4):
                treated = matches[(len(matches) - 1) * step // 3].when
                when = treated - timedelta(days=14) * (step == 0)
                data = structure_set(patient, when, {"Parotid L": _gland(gland, step)})
                save(data, folder / f"RS.{number:02d}.{step}.dcm")
                planning = planning or data.SOPInstanceUID
        planned = plan(patient, couch=_PLANNED_COUCH_MM, structures=planning)
        save(planned, folder / f"RP.{number:02d}.dcm")
        for match in matches:
            name = f"{number:02d}.{match.fraction:03d}.dcm"
            if 2 * number < len(patients):
                save(registration(match), folder / f"RE.{name}")
            else:
                uid = planned.SOPInstanceUID
                save(record(match, "HFS", uid, _PLANNED_COUCH_MM), folder / f"RT.{name}")


def _gland(number: int, step: int) -> list[list[tuple[float, float, float]]]:
    """Contours of a cylinder, whose radius differs between patients and shrinks."""
    first = _GLAND["radius_mm"] + number
    radius = first - _GLAND["shrinks_mm"] * step
    slices = math.ceil(first / _GLAND["slice_mm"])
    circle = [
        (radius * math.cos(angle), radius * math.sin(angle))
        for angle in (2 * math.pi * k / 60 for k in range(60))
    ]
    heights = (_GLAND["slice_mm"] * k for k in range(-slices, slices + 1))
    return [[(x, y, z) for x, y in circle] for z in heights]


LAYOUTS: Final[Mapping[str, Callable[[_Patients, Path], None]]] = {
    "offline_review": _offline_review,
    "xvi_mosaiq": _xvi_mosaiq,
    "dicom": _dicom,
}
