"""Reference values of EQD2, gEUD, complication and control by pyradiobiology 1.0.33 (MIT licence).

Run in an environment of its own: ``pip install pyradiobiology==1.0.33; python make_reference.py``.
It writes ``reference.csv`` beside itself. Its relative seriality is written with another slope:
gamma there is ours plus ln(ln 2) / e.
"""

import csv
import math
import random
from pathlib import Path

import numpy as np
from pyradiobiology.models.geud import Geud
from pyradiobiology.models.linear_quadratic import LinearQuadratic
from pyradiobiology.models.NTCP.lyman_kutcher_burman import LKB
from pyradiobiology.models.NTCP.relative_seriality import RelativeSeriality
from pyradiobiology.models.TCP.tcp_density import TcpDensity
from pyradiobiology.primitives.dose import Dose, DoseType, DoseUnit
from pyradiobiology.primitives.dosebag import DoseBag

CASES = 60


def main():
    """Draw histograms and parameters, and write what the package makes of them."""
    draw = random.Random(20260101)
    rows = []
    for case in range(CASES):
        # Organs, and targets whose control is not 0.
        bins, lowest = draw.randint(1, 6), draw.choice([5, 64])
        dose = sorted(round(draw.uniform(lowest, 78), 2) for _ in range(bins))
        parts = [draw.random() + 0.05 for _ in range(bins)]
        volume = [round(part / sum(parts), 4) for part in parts]
        volume[-1] = round(1 - sum(volume[:-1]), 4)
        fractions, ratio = draw.choice([20, 30, 35, 39]), draw.choice([1.5, 3.0, 10.0])
        n, m = round(draw.uniform(0.05, 1), 3), round(draw.uniform(0.1, 0.4), 3)
        td50 = round(draw.uniform(30, 80), 1)
        gamma, seriality = round(draw.uniform(0.8, 3), 3), round(draw.uniform(0.05, 1.5), 3)
        alpha, clonogens = round(draw.uniform(0.2, 0.4), 3), 10 ** draw.randint(3, 7)
        model = LinearQuadratic(ab_ratio=Dose.gy(ratio), nfx=fractions)
        physical = DoseBag.create(
            np.array(dose), unit=DoseUnit.GY, dose_type=DoseType.PHYSICAL_DOSE
        )
        converted = model.eqd_two(physical)
        shares = np.array(volume)
        half = Dose.gy(td50, DoseType.EQD2)
        theirs = gamma + math.log(math.log(2)) / math.e
        rows.append({
            "case": case, "dose_gy": " ".join(map(str, dose)),
            "volume_fraction": " ".join(map(str, volume)), "fractions": fractions,
            "alpha_beta_gy": ratio, "n": n, "m": m, "td50_gy": td50, "gamma": gamma,
            "seriality": seriality, "alpha_per_gy": alpha, "clonogens": clonogens,
            "eqd2_first_gy": repr(float(converted.data[0])),
            "geud_gy": repr(float(Geud(1 / n).calculate(converted, shares))),
            "lkb": repr(float(LKB(half, m, n).response(converted, shares))),
            "relative_seriality": repr(float(
                RelativeSeriality(half, theirs, seriality).response(converted, shares))),
            "poisson": repr(float(TcpDensity(clonogens, alpha).response_from_pysical_dose(
                physical, shares, Dose.gy(ratio), fractions))),
        })  # fmt: skip
    with (Path(__file__).parent / "reference.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
