"""What stays outside the record of a run: where raw data lie, and the key of the pseudonyms.

Snakemake keeps the names of inputs and the values of parameters in ``.snakemake`` and its logs. A
raw file's name may be a patient's, so raw paths reach a job by its environment, which every job
sets again when it reads the Snakefile. That their content changed is known by its digest.
"""

import os
from pathlib import Path
from typing import Any, Final

from popmargin.gather.pseudonyms import Key, read_key
from popmargin.pipeline.study import RESULTS, Study

KEY_VARIABLE: Final = "POPMARGIN_KEY_FILE"
_PATH: Final = "POPMARGIN_SOURCE_{}"
_KEY: Final = "POPMARGIN_STUDY_KEY_FILE"
_AS_LOGGED: Final = "as_logged"


def announce_sources(study: Study) -> None:
    """Tell the jobs of a run, and nobody else, where the raw data and the key are."""
    for source in study.sources:
        if source.path is not None:
            os.environ[_PATH.format(source.number)] = str(source.path.absolute())
    stated = study.values["privacy"]["key_file"]
    file = study.config_path.parent / Path(stated).expanduser() if stated else None
    os.environ[_KEY] = str(file.absolute()) if file else os.environ.get(KEY_VARIABLE, "")


def raw_path(number: int) -> Path:
    """Where the raw file or folder of a source lies."""
    return Path(os.environ[_PATH.format(number)])


def key_of(privacy: dict[str, Any]) -> Key | None:
    """The key of a study's pseudonyms; ``None`` where ids stay as they were logged.

    Parameters: the section ``privacy`` of the config. Raises `RefusedInput` for a key that is none.
    """
    if privacy["ids"] == _AS_LOGGED:
        return None
    stated = os.environ.get(_KEY, "")
    return read_key(Path(stated) if stated else None, RESULTS)


def privacy_options(study: Study) -> dict[str, Any]:
    """What the results depend on: whether ids are pseudonyms, and of which key.

    Raises `RefusedInput` for a key that is none.
    """
    ids = study.values["privacy"]["ids"]
    key = key_of({"ids": ids})
    return {"ids": ids, "key": key.fingerprint if key else None}
