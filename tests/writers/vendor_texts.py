"""Writers of vendor texts with a known answer: the example's, MOSAIQ's Offset table, AlignRT."""

from popmargin.cohorts.exports.course import room_axes
from popmargin.cohorts.exports.elekta import mosaiq_images, xvi_ini
from popmargin.cohorts.exports.offline_review import offline_review

__all__ = ["alignrt", "mosaiq_images", "mosaiq_offsets", "offline_review", "xvi_ini"]


def mosaiq_offsets(matches):
    """MOSAIQ table Offset, all patients, with a patient column from a joined table."""
    head = "OFF_ID,Pat_ID1,SIT_SET_ID,Study_DtTm,Offset_State,Offset_Type,Superior_Offset,"
    lines = [head + "Anterior_Offset,Lateral_Offset,Version"]
    for number, match in enumerate(matches, start=1):
        values = [f"{v / 10:.2f}" for v in (match.si_mm, match.ap_mm, match.lr_mm)]
        when = match.when.strftime("%Y-%m-%d %H:%M:%S.000")
        lines.append(",".join([str(number), match.patient_id, "7", when, "1", "3", *values, "0"]))
    return "\n".join(lines) + "\n"


def alignrt(matches, patient_position="HFS", *, unit="cm"):
    """AlignRT deltas, one row a capture."""
    factor = {"cm": 10, "mm": 1}[unit]
    head = ["Patient", "Captured", f"D.MAG ({unit})", f"D.VRT ({unit})", f"D.LNG ({unit})"]
    head += [f"D.LAT ({unit})", "D.YAW (deg)", "D.ROLL (deg)", "D.PITCH (deg)"]
    lines = ["AlignRT export", ",".join(head)]
    for match in matches:
        x, y, z = (value / factor for value in room_axes(match.shift, patient_position))
        pitch, roll, yaw = room_axes(match.turn, patient_position)
        row = [match.patient_id, match.when.strftime("%d/%m/%Y %H:%M:%S"), "1.00"]
        row += [f"{v:.2f}" for v in (z, y, x)] + [f"{v:.1f}" for v in (yaw, roll, pitch)]
        lines.append(",".join(row))
    return "\n".join(lines) + "\n"
