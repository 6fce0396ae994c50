"""Varian Offline Review raw data as text, with a known answer; layout as publicly documented."""

from collections.abc import Sequence

from popmargin.cohorts.exports.course import Match, room_axes

_START_CM = (
    12.3,
    101.25,
    999.8,
)  # vertical, longitudinal, a lateral of -0.2 cm as the scale has it


def offline_review(
    matches: Sequence[Match],
    patient_position: str = "HFS",
    *,
    dialect: str = "Lng Rtn",
    vertical_down: bool = False,
    patient_name: str = "Synthetic, Patient",
) -> str:
    """Raw data of one patient: treatment position minus couch is the correction, in cm.

    Parameters
    ----------
    matches : of one patient.
    patient_position : ``HFS``, ``HFP``, ``FFS`` or ``FFP``.
    dialect : how longitudinal and rotation are called, ``Lng Rtn`` or ``Long Rot``.
    vertical_down : whether ``Vrt`` grows as the couch goes down.
    patient_name : written into the head.

    Returns
    -------
    The text of one export, values to 0.01 cm.
    """
    lng, rtn = dialect.split()
    names = _names(lng, rtn)
    lines = [
        "Raw Data (Scale: VAR_IEC)",
        "-------------------------",
        "",
        f"Patient Name: {patient_name}",
        f"Patient ID: {matches[0].patient_id}",
        "",
        "",
        "User: xy",
        "Date: 31-3-2024 15:55:02",
        "",
        "",
        "\t".join(names),
        "\t".join(_unit(name, lng) for name in names),
    ]
    for index, match in enumerate(matches):
        # The couch moves against the error.
        x, y, z = (-value / 10 for value in room_axes(match.shift, patient_position))
        lines.append("\t".join(_row(index, match, x, y, -z if vertical_down else z)))
    return "\n".join(lines) + "\n"


def _names(lng: str, rtn: str) -> list[str]:
    axes = ("Vrt", lng, "Lat", "Pitch", "Roll", rtn)
    names = ["Image ID", "Acquisition Beam ID", "Image Type", *(f"Couch {n}" for n in axes)]
    names += ["Source Rtn", "Date", "Time", "Image Status", "Plan ID", "Course ID"]
    names += ["Session Date", "Session Time"]
    for group in ("Online Match", "Offline Match"):
        names += [f"{group} {n}" for n in axes]
    names += ["Treatment Field ID", *(f"Treatment Pos {n}" for n in axes)]
    return [*names, "Treatment Pos Source Rtn", "Fraction", "Date", "Time"]


def _row(index: int, match: Match, x: float, y: float, z: float) -> list[str]:
    start = _START_CM
    end = (start[0] + z, start[1] + y, (start[2] - 1000 + x) % 1000)
    day, time = match.when.strftime("%d-%m-%Y"), match.when.strftime("%H:%M:%S")
    row = [f"img{index}", "CBCT", "CBCT Image", *(f"{v:.2f}" for v in start), *["0.0"] * 4]
    row += [day, time, "Reviewed", "Plan1", "C1", day, time]
    row += [*(f"{v:.2f}" for v in (z, y, x)), *["0.0"] * 3, *[""] * 6]
    row += ["F1", *(f"{v:.2f}" for v in end), *["0.0"] * 4]
    return [*row, str(match.fraction), day, time]


def _unit(name: str, lng: str) -> str:
    last = name.rpartition(" ")[2]
    if name.startswith(("Couch", "Online", "Offline", "Treatment Pos", "Source")):
        return "[cm]" if last in ("Vrt", lng, "Lat") else "[deg]"
    return ""
