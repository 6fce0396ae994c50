"""Time to read many DICOM Spatial Registrations into the shifts table.

``python benchmarks/registration_speed.py [--objects 10000]`` writes that many small objects (and
their RT Plans) into a temporary folder and prints a markdown table: `read_source` with every check,
beside a bare loop of ``pydicom.dcmread`` that only takes the matrix out of each file.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers.course import course

FRACTIONS = 25


def write_objects(folder, objects):
    """Objects of one content under ids, dates and instances of their own (of equal length)."""
    match = course(patients=("PATIENT0",), fractions=1)[0]
    template = dicom.registration(match)
    template.SOPInstanceUID = "1.2.3.400000000"
    content = dicom.save(template, folder / "template").read_bytes()
    plan = dicom.save(dicom.plan("PATIENT0"), folder / "plan").read_bytes()
    for name in ("template", "plan"):
        (folder / name).unlink()
    for number in range(objects):
        patient, fraction = divmod(number, FRACTIONS)
        name = f"P{patient:07d}".encode()
        own = content.replace(b"PATIENT0", name)
        own = own.replace(b"1.2.3.400000000", f"1.2.3.4{number:08d}".encode())
        own = own.replace(b"20240304", f"202403{fraction + 1:02d}".encode())
        (folder / f"{number:08d}.dcm").write_bytes(own)
        if fraction == 0:
            (folder / f"plan{patient}.dcm").write_bytes(plan.replace(b"PATIENT0", name))


def bare_loop(folder):
    """What reading costs at least: parse each file, take the matrix."""
    found = []
    for path in sorted(folder.iterdir()):
        data = pydicom.dcmread(path)
        for item in data.get("RegistrationSequence", []):
            matrix = item.MatrixRegistrationSequence[0].MatrixSequence[0]
            found.append(np.array(matrix.FrameOfReferenceTransformationMatrix, dtype=float))
    return found


def main(objects):
    options = ReaderOptions(
        "dicom_registration", direction="as_written", machine_isocentre_mm=dicom.MACHINE
    )
    source = SourceDeclaration("benchmark", timing="before_correction")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_objects(folder, objects)
        start = time.perf_counter()
        table = read_source(folder, source, options).complete()
        ours = time.perf_counter() - start
        start = time.perf_counter()
        bare_loop(folder)
        bare = time.perf_counter() - start
    if table.height != objects or table["patient_id"].n_unique() != -(-objects // FRACTIONS):
        sys.exit("the benchmark did not read what it wrote")
    print(f"{objects:,} Spatial Registrations, one process; to reach: 60 s.\n")
    print("| reader | seconds | objects a second | ratio |")
    print("|---|---|---|---|")
    print(f"| read_source, all checks | {ours:.1f} | {objects / ours:,.0f} | 1 |")
    print(
        f"| pydicom alone, matrix only | {bare:.1f} | {objects / bare:,.0f} | {ours / bare:.2f} |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000)
    main(parser.parse_args().objects)
