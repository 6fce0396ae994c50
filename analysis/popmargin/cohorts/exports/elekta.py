"""Elekta XVI registrations and MOSAIQ image lists as text, with a known answer."""

from collections.abc import Sequence

from popmargin.cohorts.exports.course import Match, room_axes


def xvi_ini(
    match: Match, patient_position: str = "HFS", *, plan: str = "T1", upper: bool = False
) -> str:
    """One ``.INI.XVI``: the clipbox holds the error in cm, the couch shift its negative.

    Parameters: the match; how the patient lay; the plan's label; ``upper`` varies the case of keys.
    """
    lat, long, vert = (value / 10 for value in room_axes(match.shift, patient_position))
    pitch, roll, rot = room_axes(match.turn, patient_position)
    angles = [f"{angle % 360:.1f}" if match.turned else "-" for angle in (rot, pitch, roll)]
    lines = [
        "[IDENTIFICATION]",
        f"PatientID={match.patient_id}",
        f"TreatmentID={plan}",
        "[ALIGNMENT]",
        f"DateTime={match.when:%Y%m%d}; {match.when:%H:%M:%S}",
        f"Align.clip1={lat:.2f}, {long:.2f}, {vert:.2f}, {', '.join(angles)}",
        f"CouchShiftLat={-lat:.2f}",
        f"CouchShiftLong={-long:.2f}",
        f"CouchShiftHeight={-vert:.2f}",
        "CouchPitch=-",
        "CouchRoll=-",
        "CouchYaw=-",
    ]
    text = "\r\n".join(lines) + "\r\n"
    if upper:
        return text.replace("Align.clip1", "ALIGN.CLIP1").replace("CouchShift", "couchshift")
    return text


def mosaiq_images(
    matches: Sequence[Match], patient_position: str = "HFS", *, comment: str = "seen by xy"
) -> str:
    """MOSAIQ image list of one patient, comments with line ends included; values to 0.01 cm."""
    head = ["Sel", "Date/Time", "Machine", "Site", "Type", "Comments", "Sup/Inf", "Lft/Rht"]
    head += ["Ant/Pos", "Mag", "Cor(B)", "Sag(B)", "Trans(B)"]
    lines = ["\t".join(head)]
    for match in matches:
        words = [
            _side(match.si_mm / 10, "Sup", "Inf"),
            _side(match.lr_mm / 10, "Lft", "Rht"),
            _side(match.ap_mm / 10, "Ant", "Pos"),
        ]
        pitch, roll, rot = room_axes(match.turn, patient_position)
        turns = [_turn(angle) if match.turned else "" for angle in (roll, rot, -pitch)]
        row = ["", match.when.strftime("%d/%m/%Y %I:%M %p"), "L1", "S", "CBCT"]
        row += [f'"{comment}\nno remark"', *words, "0.5", *turns]
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


def _side(value: float, plus: str, minus: str) -> str:
    return f"{plus if value >= 0 else minus} {abs(value):.2f} cm"


def _turn(value: float) -> str:
    return f"{'CW' if value >= 0 else 'CCW'} {abs(value):.1f} deg"
