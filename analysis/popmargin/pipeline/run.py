"""Run the whole workflow for one config, from a checkout or an installed wheel."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from popmargin.core.atomic import write_text
from popmargin.core.checks import whole
from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path
from popmargin.pipeline.account import read_flags
from popmargin.pipeline.config import load_study
from popmargin.pipeline.script import say
from popmargin.pipeline.study import Study
from popmargin.pipeline.watch import watch

DONE: Final = 0
REFUSED: Final = 1
WITHHELD: Final = 3
# Which config file made the results of a study, by its name.
MADE_FROM: Final = Path(".snakemake") / "popmargin"


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
    RefusedInput : when the config is refused, or another config file made the results of a study
        of this name; nothing has run then.
    KeyboardInterrupt : when the run was interrupted; its finished steps are kept.
    """
    file = Path(config)
    study = load_study(file)
    _refuse_a_namesake(study)
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
    try:
        ending = watch(command)
    except KeyboardInterrupt:
        say("interrupted; finished steps are kept: the same command goes on from there")
        raise
    if ending.code != 0:
        say(f"stopped: {ending.reason or 'the lines above say why'}")
        return REFUSED
    flags = study.results / "tables" / "flags.csv"
    if not flags.is_file():  # a dry run
        return DONE
    blocking = any(flag.severity == "block" for flag in read_flags(flags))
    return WITHHELD if blocking else DONE


def _refuse_a_namesake(study: Study) -> None:
    """Refuse to replace the results that another config file, which is still there, has made.

    A copied config whose name was not changed would take the first study's results away. The path
    is kept beside Snakemake's own records, never among the results.
    """
    mine = study.config_path.resolve()
    note = MADE_FROM / study.name
    before = Path(note.read_text(encoding="utf-8")) if note.is_file() else mine
    if before != mine and before.is_file() and study.results.is_dir():
        raise RefusedInput(
            f"{mine.name}, key study",
            "a name that no other study has",
            f"{study.name}, whose results {before.name} has made in {study.results.as_posix()}",
            "give one of them another name, or remove that folder",
        )
    write_text(note, str(mine))
