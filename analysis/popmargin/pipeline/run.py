"""Run the whole workflow for one config, from a checkout or an installed wheel."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from popmargin.core.checks import whole
from popmargin.core.resources import resource_path
from popmargin.pipeline.account import flags_of
from popmargin.pipeline.config import load_study
from popmargin.tables.result import read_result

DONE: Final = 0
REFUSED: Final = 1
WITHHELD: Final = 3


def run_study(
    config: str | os.PathLike[str],
    *,
    cores: int | None = None,
    arguments: Sequence[str] = (),
) -> int:
    """Build ``results/<study>/`` below the working directory.

    Parameters
    ----------
    config : the study's config; nothing else is merged into it.
    cores : cores to use, all where ``None``.
    arguments : further arguments for Snakemake (``--dry-run``, ``--rerun-incomplete``).

    Returns
    -------
    0 done, 1 a job failed or a run is under way in this directory, 3 done but a blocking flag
    withholds the margins.

    Raises
    ------
    RefusedInput : when the config is refused; nothing has run then.
    """
    file = Path(config)
    study = load_study(file)
    # Only fixed words and paths, never a shell: a label cannot become part of a command.
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(resource_path("Snakefile")),
        "--configfile",
        str(file),
        "--cores",
        "all" if cores is None else str(whole("cores", cores)),
        "--workflow-profile",
        str(resource_path("workflow", "profiles", "default")),
        *arguments,
    ]
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603
        return REFUSED
    flags = study.results / "tables" / "flags.csv"
    if not flags.is_file():  # a dry run
        return DONE
    blocking = any(flag.severity == "block" for flag in flags_of(read_result(flags, "flags")))
    return WITHHELD if blocking else DONE
