"""Floor 2: what a source declares for its reader, beyond what every table declares.

What changes a number is declared or proven by the file, never guessed. What is missing is asked
for in one message that shows the lines to add to the config.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.gather.conventions import PATIENT_POSITIONS

DIRECTIONS: Final = ("as_written", "inverse")
CHOICES: Final = {
    "patient_position": tuple(PATIENT_POSITIONS),
    "error_from": (
        "treatment_position",
        "online_match",
        "offline_match",
        "alignment",
        "couch_shift",
    ),
    "alignment": ("clip1", "mask1", "correction"),
    "patient_id_from": ("file", "file_name", "folder"),
    "localisation_offsets": ("set_aside", "carried"),
    "sample": ("each", "first", "median", "last"),
}


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How a vendor's files are to be read.

    Parameters
    ----------
    reader : kind of the files, or ``auto`` for a folder of several kinds.
    patient_position : ``HFS``, ``HFP``, ``FFS`` or ``FFP``, for couch and IEC values.
    direction : ``as_written`` or ``inverse`` of a registration's matrix; one word, or producer
        (start of manufacturer and model) -> word. Found with a phantom.
    machine_isocentre_mm : x, y, z of the machine isocentre in the frame of the CBCT (LPS, mm).
    planned_isocentre_mm : x, y, z of the planned isocentre in the frame of the planning CT (LPS,
        mm), where no RT Plan in the folder gives it (a phantom).
    error_from : which columns hold the correction: ``treatment_position``, ``online_match`` or
        ``offline_match`` (Offline Review); ``alignment`` or ``couch_shift`` (XVI).
    alignment : which alignment of XVI counts: ``clip1``, ``mask1`` or ``correction``.
    patient_id_from : ``file`` (its content), ``file_name`` (without ending) or ``folder``.
    session_gap_hours : images further apart than this are two fractions, > 0 h; one fraction a
        day where ``None``.
    structures : name in the structure set -> ``structure`` or ``structure/side``.
    slice_thickness_mm : for structures on one slice only, > 0 mm.
    localisation_offsets : systematic corrections in a MOSAIQ Offset table are ``set_aside``, or
        also ``carried`` by the images that follow.
    sample : which sample of a surface recording counts.
    phantom_checked : whether signs and axes were checked with a phantom moved by known amounts.

    Raises
    ------
    WrongUsage
        For a value that is none of the choices, or out of range.

    Examples
    --------
    >>> ReaderOptions("xvi", patient_position="HFS").alignment
    'clip1'
    """

    reader: str
    patient_position: str | None = None
    direction: str | Mapping[str, str] | None = None
    machine_isocentre_mm: tuple[float, float, float] | None = None
    planned_isocentre_mm: tuple[float, float, float] | None = None
    error_from: str | None = None
    alignment: str = "clip1"
    patient_id_from: str = "file"
    session_gap_hours: float | None = None
    structures: Mapping[str, str] = field(default_factory=dict)
    slice_thickness_mm: float | None = None
    localisation_offsets: str = "set_aside"
    sample: str | None = None
    phantom_checked: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise WrongUsage(f"{name} is one of {', '.join(choices)}, not {value!r}")
        words = self.direction if isinstance(self.direction, Mapping) else {"": self.direction}
        for word in words.values():
            if word is not None and word not in DIRECTIONS:
                raise WrongUsage(f"direction is one of {', '.join(DIRECTIONS)}, not {word!r}")
        for name in ("session_gap_hours", "slice_thickness_mm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1000:
                raise WrongUsage(f"{name} lies between 0 and 1000, not {value!r}")
        for name in ("machine_isocentre_mm", "planned_isocentre_mm"):
            point = getattr(self, name)
            if point is not None and (len(point) != 3 or not all(abs(x) < 5000 for x in point)):
                raise WrongUsage(f"{name} is three numbers in mm within 5000, not {point!r}")

    @classmethod
    def from_config(cls, entry: Mapping[str, Any]) -> Self:
        """Options from one entry of a config's ``sources``; other keys are left alone."""
        names = {item.name for item in fields(cls)}
        stated = {key: value for key, value in entry.items() if key in names and value is not None}
        for name in ("machine_isocentre_mm", "planned_isocentre_mm"):
            if name in stated:
                stated[name] = tuple(stated[name])
        return cls(**stated)

    def direction_for(self, producer: str) -> str | None:
        """Direction declared for the objects of ``producer``; ``None`` where none is.

        >>> ReaderOptions("auto", direction={"VARIAN": "inverse"}).direction_for("Varian ARIA")
        'inverse'
        """
        if not isinstance(self.direction, Mapping):
            return self.direction
        starts = sorted(self.direction, key=len, reverse=True)
        match = (name for name in starts if producer.casefold().startswith(name.casefold()))
        return next((self.direction[name] for name in match), None)


def ask_for(label: str, lines: Mapping[str, str]) -> None:
    """Refuse a source that does not declare enough, showing the config lines to add.

    Parameters: ``label`` of the source; ``lines``: key -> choices or example, empty when nothing
    is missing. Raises `RefusedInput` unless ``lines`` is empty.

    >>> ask_for("linac 3", {})
    """
    if not lines:
        return
    shown = "".join(f"\n    {key}: {choices}" for key, choices in lines.items())
    raise RefusedInput(
        f"source {label}",
        "what its files do not prove to be declared",
        f"nothing about {', '.join(lines)}",
        f"add to this source in the config:{shown}",
    )
