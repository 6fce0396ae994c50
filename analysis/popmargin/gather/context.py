"""Floor 2: what a reader of one kind of file is given, whatever the kind."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from popmargin.core.flags import Flag
from popmargin.gather.conventions import find_convention
from popmargin.gather.dicom_instruction import Adjusted
from popmargin.gather.dicom_plan import Plan
from popmargin.gather.options import ReaderOptions
from popmargin.gather.source_file import SourceFile
from popmargin.tables.source import SourceDeclaration

_ENDING: Final = re.compile(r"(\.INI\.XVI|\.RPS\.dcm|\.[^.]*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Context:
    """What a source declares, and what other files of its folder say.

    ``plans`` RT Plans; ``structure_sets`` files of that kind; ``adjusted`` couch positions of
    offline corrections; ``image_frames`` gives SOP instance of an image -> its frame of reference,
    and is called only when an object names images instead of a frame.
    """

    declaration: SourceDeclaration
    options: ReaderOptions
    plans: tuple[Plan, ...] = ()
    image_frames: Callable[[], Mapping[str, str]] = dict
    adjusted: Adjusted = field(default_factory=dict)
    structure_sets: tuple[SourceFile, ...] = ()

    def patient_id(self, file: SourceFile, from_file: str) -> str:
        """Patient's id: what the file holds, its name without ending, or its folder's name."""
        if self.options.patient_id_from == "file_name":
            # Only the ending goes: an id may hold points itself.
            return _ENDING.sub("", file.path.name) or file.path.name
        if self.options.patient_id_from == "folder":
            return file.path.absolute().parent.name
        return from_file


def stated(context: Context, *columns: str) -> dict[str, str]:
    """Lines to ask for: columns that neither a key nor the constants of the source state."""
    declaration = context.declaration
    choices = {
        "timing": "before_correction   # or after_correction, during_treatment, after_treatment",
        "quantity": "setup_error   # or couch_shift: what the numbers are",
        "patient_id": "{patient_id: ...}   # under constants, or patient_id_from: file_name",
    }
    return {
        name: choices[name]
        for name in columns
        if not (getattr(declaration, name, None) or name in declaration.constants)
    }


def needed(convention: str, context: Context) -> dict[str, str]:
    """Lines to ask for: signs, units and patient position that a convention cannot know."""
    lines: dict[str, str] = {}
    signs, units = [], []
    for rule in find_convention(convention):
        if rule.is_rotation:
            continue
        if rule.sign is None and rule.column not in context.declaration.signs:
            signs.append(rule.column)
        if rule.unit == "declared" and rule.column not in context.declaration.units:
            units.append(rule.column)
        if rule.frame == "couch" and context.options.patient_position is None:
            lines["patient_position"] = "HFS   # or HFP, FFS, FFP"
    if signs:
        pairs = ", ".join(f"{name}: 1" for name in signs)
        lines["signs"] = f"{{{pairs}}}   # or -1: move a phantom and see which way it counts"
    if units:
        lines["units"] = "{" + ", ".join(f"{name}: cm" for name in units) + "}   # or mm"
    return lines


def remarks(convention: str, columns: set[str], context: Context) -> list[Flag]:
    """Flags about rules that nobody has confirmed, and rotations that were left out.

    Parameters: name of the rules; canonical columns that were read; what the source declares.
    """
    label, declaration = context.declaration.label, context.declaration
    flags = []
    rules = find_convention(convention)
    unsure = [r.column for r in rules if r.status == "unconfirmed" and r.column in columns]
    if unsure and not context.options.phantom_checked:
        message = (
            f"{convention}: axes and signs of {', '.join(unsure)} rest on one public comparison; "
            "check them with a phantom, then declare phantom_checked: true"
        )
        flags.append(Flag("axes_unconfirmed", "warn", message, file=label))
    left = [r.column for r in rules if r.sign is None and r.column not in declaration.signs]
    if left:
        message = (
            f"{convention}: {', '.join(left)} not read: their direction is not known; "
            "find it with a phantom and declare signs"
        )
        flags.append(Flag("rotations_not_read", "info", message, file=label))
    return flags
