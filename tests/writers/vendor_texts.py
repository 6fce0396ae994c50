"""Writers of vendor texts with a known answer; layouts as publicly documented."""

from tests.writers.course import room_axes


def offline_review(matches, patient_position="HFS", *, dialect="Lng Rtn", vertical_down=False):
    """Varian Offline Review raw data of one patient: treatment position minus couch."""
    lng, rtn = dialect.split()
    head = ["Image ID", "Acquisition Beam ID", "Image Type"]
    head += [f"Couch {n}" for n in ("Vrt", lng, "Lat", "Pitch", "Roll", rtn)]
    head += ["Source Rtn", "Date", "Time", "Image Status", "Plan ID", "Course ID"]
    head += ["Session Date", "Session Time"]
    for group in ("Online Match", "Offline Match"):
        head += [f"{group} {n}" for n in ("Vrt", lng, "Lat", "Pitch", "Roll", rtn)]
    head += ["Treatment Field ID"]
    head += [f"Treatment Pos {n}" for n in ("Vrt", lng, "Lat", "Pitch", "Roll", rtn)]
    head += ["Treatment Pos Source Rtn", "Fraction", "Date", "Time"]
    units = [_unit(name, lng, rtn) for name in head]
    lines = [
        "Raw Data (Scale: VAR_IEC)",
        "-------------------------",
        "",
        "Patient Name: Doe, Jane",
        f"Patient ID: {matches[0].patient_id}",
        "",
        "",
        "User: xy",
        "Date: 31-3-2024 15:55:02",
        "",
        "",
        "\t".join(head),
        "\t".join(units),
    ]
    for index, match in enumerate(matches):
        # The couch moves against the error.
        x, y, z = (-value / 10 for value in room_axes(match.shift, patient_position))
        z = -z if vertical_down else z
        start = (12.3, 101.25, 999.8)  # a lateral of -0.2 cm, as the scale writes it
        end = (start[0] + z, start[1] + y, (start[2] - 1000 + x) % 1000)
        day, time = match.when.strftime("%d-%m-%Y"), match.when.strftime("%H:%M:%S")
        row = [
            f"img{index}",
            "CBCT",
            "CBCT Image",
            *(f"{v:.2f}" for v in start),
            "0.0",
            "0.0",
            "0.0",
        ]
        row += ["0.0", day, time, "Reviewed", "Plan1", "C1", day, time]
        row += [f"{v:.2f}" for v in (z, y, x)] + ["0.0"] * 3
        row += [""] * 6 + ["F1", *(f"{v:.2f}" for v in end), "0.0", "0.0", "0.0"]
        row += ["0.0", str(match.fraction), day, time]
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


def xvi_ini(match, patient_position="HFS", *, plan="T1", upper=False):
    """One ``.INI.XVI``: the clipbox holds the error, the couch shift its negative."""
    lat, long, vert = (value / 10 for value in room_axes(match.shift, patient_position))
    pitch, roll, rot = room_axes(match.turn, patient_position)
    turns = ", ".join(f"{angle % 360:.1f}" for angle in (rot, pitch, roll))
    lines = [
        "[IDENTIFICATION]",
        f"PatientID={match.patient_id}",
        f"TreatmentID={plan}",
        "[ALIGNMENT]",
        f"DateTime={match.when:%Y%m%d}; {match.when:%H:%M:%S}",
        f"Align.clip1={lat:.2f}, {long:.2f}, {vert:.2f}, {turns}",
        f"CouchShiftLat={-lat:.2f}",
        f"CouchShiftLong={-long:.2f}",
        f"CouchShiftHeight={-vert:.2f}",
        "CouchPitch=-",
        "CouchRoll=-",
        "CouchYaw=-",
    ]
    text = "\r\n".join(lines) + "\r\n"
    return (
        text.replace("Align.clip1", "ALIGN.CLIP1").replace("CouchShift", "couchshift")
        if upper
        else text
    )


def mosaiq_images(matches, patient_position="HFS"):
    """MOSAIQ image list of one patient, comments with line ends included."""
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
        turns = [_turn(roll), _turn(rot), _turn(-pitch)]
        row = ["", match.when.strftime("%d/%m/%Y %I:%M %p"), "L1", "S", "CBCT"]
        row += ['"seen by xy\nno remark"', *words, "0.5", *turns]
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


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


def _unit(name, lng, rtn):
    last = name.rpartition(" ")[2]
    if name.startswith(("Couch", "Online", "Offline", "Treatment Pos", "Source")):
        return "[cm]" if last in ("Vrt", lng, "Lat") else "[deg]"
    return ""


def _side(value, plus, minus):
    return f"{plus if value >= 0 else minus} {abs(value):.2f} cm"


def _turn(value):
    return f"{'CW' if value >= 0 else 'CCW'} {abs(value):.1f} deg"
