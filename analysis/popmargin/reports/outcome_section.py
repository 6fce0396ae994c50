"""Section on the chain from margin to organ dose and response in the stated phantoms."""

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.reports.columns import Field, Row, made, per_cent, plain, share, table_of, text
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, number
from popmargin.reports.section import Section


def outcome_chain_section(outcome_chain: pl.DataFrame) -> Section:
    """PTV, organ dose, complication and change of control of every arm.

    Parameters: a table after the contract ``outcome_chain``.
    """
    words = (
        "What margins and protocols would do to dose and response in a stated geometry: a "
        "spherical target and an organ beside it, virtual patients with the errors of the group. "
        "These are model figures, not outcomes of patients: read the direction and size of a "
        "difference, not a rate. Bands hold the uncertainty of the errors and the published limits "
        "of the model's parameters; tumour control is given as a difference only. Margins of "
        "recipes and protocols hold the errors of the group and of the error budget, no others."
    )
    table = table_of(
        "From margin to response; the first arm of a group is the reference",
        outcome_chain.rows(named=True),
        [
            text("Group", "group"),
            text("Arm", "arm"),
            made("Margin LR / SI / AP, mm", _margins, "margin_lr_mm"),
            plain("PTV, cc", "ptv_cc", 0),
            per_cent("Patients with a cold target", "underdosed_share"),
            made("Organ mean dose, Gy", _organ_dose, "organ_mean_dose_gy"),
            banded_share("NTCP, %", "ntcp"),
            banded_share("NTCP minus reference, points", "ntcp_difference"),
            banded_share("TCP minus reference, points", "tcp_difference"),
            text("Parameters", _parameters),
        ],
        "tables/outcome_chain.csv",
    )
    return Section("response", "What margins do to dose and response", [words], [table])


def banded_share(title: str, name: str) -> Field:
    """A probability or its difference in per cent (points) with its band, a dash where none.

    >>> row = {"ntcp": 0.12, "ntcp_low": 0.05, "ntcp_high": 0.3}
    >>> banded_share("NTCP, %", "ntcp").cell(row).text
    '12.0 (5.0 to 30.0)'
    """
    band = share(title, name, missing=DASH)

    def cell(row: Row) -> str:
        if row[name] is not None and None in (row[f"{name}_low"], row[f"{name}_high"]):
            return f"{number(100.0 * row[name])} (no band)"
        return band.cell(row).text

    return made(title, cell, name)


def _margins(row: Row) -> str:
    margins = [row[f"margin_{axis}_mm"] for axis in TRANSLATIONS]
    return DASH if None in margins else " / ".join(map(number, margins))


def _organ_dose(row: Row) -> str:
    dose = row["organ_mean_dose_gy"]
    return DASH if dose is None else f"{row['organ']} {number(dose)}"


def _parameters(row: Row) -> str:
    if row["ptv_cc"] is None:
        return row["reason"] or NOT_ESTIMABLE
    sets = ", ".join(filter(None, (row["ntcp_set"], row["tcp_set"])))
    return "; ".join(filter(None, (sets, row["status"], row["reason"])))
