"""What a schema cannot say about the burden section of a config: keys, units, one currency."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.pipeline.config_sources import Finding
from popmargin.pipeline.strict_yaml import KeyPath


def burden_findings(
    section: Mapping[str, Any] | None, target: Mapping[str, Any]
) -> Iterator[Finding]:
    """Faults of a ``burden`` section: the first one found, naming its key.

    Parameters: the section with its defaults, ``None`` where it is not stated, and the target.
    """
    from popmargin.burden.question import burden_question

    try:
        burden_question(section, fractions=target["fractions"])
    except RefusedInput as refusal:
        at: KeyPath = ("burden", "records", _record_of(section, refusal.where))
        where = at if at[-1] else ("burden",)
        yield where, f"{refusal.where}: {refusal.expected}", refusal.found, refusal.remedy
    except PopmarginError as error:
        yield ("burden",), "protocols, modalities and numbers that exist", str(error), "correct it"


def _record_of(section: Mapping[str, Any] | None, where: str) -> str:
    """Key of the stated record that a refusal names, empty when it names none."""
    stated = (section or {}).get("records", {})
    return next((key for key in stated if where == key or where.startswith(f"{key}.")), "")
