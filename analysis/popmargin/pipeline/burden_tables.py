"""The burden of a study, built by the workflow and read back."""

import os
from dataclasses import dataclass
from typing import Any

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.core.flags import Flag
from popmargin.pipeline.account import read_flags
from popmargin.pipeline.config import load_study
from popmargin.pipeline.run import REFUSED, run_study
from popmargin.tables.result import read_result

_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class BurdenTables:
    """Rows of the table ``burden``, its flags, the assumed records, and where the results stand."""

    rows: list[dict[str, Any]]
    flags: list[Flag]
    defaults: list[str]
    folder: str


def build_burden(config: str | os.PathLike[str], *, cores: int | None = None) -> BurdenTables:
    """Run what the burden of a study needs, no more, and read it.

    Parameters
    ----------
    config : the study's config, with a section ``burden``; cores : to use, all where ``None``.

    Returns
    -------
    Rows as the contract ``burden`` has them, true and false as such.

    Raises
    ------
    RefusedInput
        When the config is refused or states no burden.
    PopmarginError
        When the workflow stops; its words are on stderr.
    """
    study = load_study(config)
    if study.values["burden"] is None:
        raise RefusedInput(
            f"{study.config_path.name}, burden",
            "a section burden",
            "none",
            "add burden: with protocols and modalities (config/schema.yaml explains the keys)",
        )
    tables = study.results / "tables"
    target = (tables / "burden.csv").as_posix()
    if run_study(config, cores=cores, arguments=[target]) == REFUSED:
        raise PopmarginError(
            "the workflow stopped before the burden was there; see its words above"
        )
    rows = read_result(tables / "burden.csv", "burden").to_dicts()
    names = ("on_frontier", "frontier_images", "frontier_minutes", "frontier_cost", "frontier_dose")
    for row in rows:
        row |= {name: _TRUTH.get(row[name]) for name in names}
    flags = study.results / "intermediate" / "estimate_burden_flags.csv"
    records = read_result(tables / "burden_records.csv", "burden_records").to_dicts()
    return BurdenTables(
        rows,
        read_flags(flags),
        [f"{r['key']} = {r['typical']:g} {r['unit']}: {r['status']}" for r in records],
        study.results.as_posix(),
    )
