"""Floor 2: axes, signs and units of couches and vendor logs, each with its source.

A couch or IEC 61217 value says where the table went; what that means for the patient depends on
how the patient lies on it. What a vendor's field means stands in ``reference/conventions.csv``.

Limits: a rule whose status is ``ambiguous`` has no sign here. A translation of that kind is asked
for (``signs`` of the source, found with a phantom); a rotation is left out until it is declared.
``unconfirmed`` rules are used and flagged. An unknown position, convention or unit is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.core.resources import csv_rows, resource_path
from popmargin.core.units import factor_to_canonical

# IEC 61217 fixed axes (X, Y, Z) as (lr, si, ap): proper half turns, so rotations about the axes
# turn their sign exactly as shifts along them do.
PATIENT_POSITIONS: Final = {
    "HFS": (1, 1, 1),
    "HFP": (-1, 1, -1),
    "FFS": (-1, -1, 1),
    "FFP": (1, -1, -1),
}
COLUMNS: Final = tuple(axis_column(axis) for axis in AXES)
_PLACE: Final = {column: index % 3 for index, column in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class AxisRule:
    """What one field of a vendor's log is.

    ``column`` canonical column; ``field`` the vendor's name; ``frame`` ``couch`` (turns with the
    patient position) or ``patient``; ``sign`` 1, -1, or ``None`` where only a phantom can tell;
    ``unit`` ``mm``, ``cm``, ``deg``, or where it stands (``header``, ``cell``, ``declared``);
    ``status`` ``seen``, ``unconfirmed`` or ``ambiguous``.
    """

    column: str
    field: str
    frame: str
    sign: int | None
    unit: str
    source: str
    status: str

    @property
    def is_rotation(self) -> bool:
        """Whether the field is an angle."""
        return self.column.endswith("_deg")


@lru_cache
def find_convention(name: str) -> tuple[AxisRule, ...]:
    """Rules of one vendor's log, in the order of the canonical axes.

    Raises `WrongUsage` for a convention that is not known.

    >>> [(rule.column, rule.field, rule.sign) for rule in find_convention("xvi")][0]
    ('lr_mm', 'lat', 1)
    """
    rows = csv_rows(resource_path("reference", "conventions.csv"))
    rules = [
        AxisRule(
            column=row["column"],
            field=row["field"],
            frame=row["frame"],
            sign=int(row["sign"]) if row["sign"] else None,
            unit=row["unit"],
            source=row["source"],
            status=row["status"],
        )
        for row in rows
        if row["convention"] == name
    ]
    if not rules:
        known = ", ".join(dict.fromkeys(row["convention"] for row in rows))
        raise WrongUsage(f"no convention {name!r}; there are {known}")
    return tuple(sorted(rules, key=lambda rule: COLUMNS.index(rule.column)))


def position_sign(column: str, patient_position: str) -> int:
    """Sign that turns a couch or IEC value into patient axes.

    Parameters
    ----------
    column : canonical column: ``lr_mm`` or ``pitch_deg`` for X, ``si_mm`` or ``roll_deg`` for Y,
        ``ap_mm`` or ``yaw_deg`` for Z.
    patient_position : ``HFS``, ``HFP``, ``FFS`` or ``FFP`` (DICOM PS3.3 C.7.3.1.1.2).

    Raises
    ------
    OutOfRange
        For any other position (decubitus and seated positions mix the axes).

    Examples
    --------
    >>> [position_sign(column, "HFP") for column in ("lr_mm", "si_mm", "ap_mm")]
    [-1, 1, -1]
    """
    if patient_position not in PATIENT_POSITIONS:
        expected = f"one of {', '.join(PATIENT_POSITIONS)}"
        raise OutOfRange("patient_position", expected, patient_position)
    return PATIENT_POSITIONS[patient_position][_PLACE[column]]


def to_patient_axes(
    convention: str,
    values: Mapping[str, Decimal | float | None],
    *,
    patient_position: str | None = None,
    units: Mapping[str, str] | None = None,
    signs: Mapping[str, int] | None = None,
) -> dict[str, float | None]:
    """Values of a vendor's fields as canonical columns, in mm and degrees.

    Parameters
    ----------
    convention : name of the rules.
    values : vendor's field -> number, ``None`` where not measured; unknown fields are ignored.
    patient_position : needed when a field of the couch frame is given.
    units : canonical column -> unit, for conventions whose unit the file or the source states.
    signs : columns whose sign the source declares; they are applied when the table is read, so
        here they only release the ambiguous ones.

    Returns
    -------
    Canonical column -> value. Rotations without a sign, and rotations of the couch frame without
    a patient position, are left out.

    Raises
    ------
    OutOfRange
        An unknown position or unit, or a translation whose sign or position is not stated.

    Examples
    --------
    >>> to_patient_axes("xvi", {"lat": -0.2, "vert": 0.5}, patient_position="FFS")
    {'lr_mm': 2.0, 'ap_mm': 5.0}
    """
    found: dict[str, float | None] = {}
    for rule in find_convention(convention):
        if rule.field not in values:
            continue
        stated = rule.sign is not None or rule.column in (signs or {})
        placed = rule.frame == "patient" or patient_position is not None
        if not (stated and placed) and rule.is_rotation:
            continue
        if not stated:
            raise OutOfRange(f"signs.{rule.column}", "1 or -1, found with a phantom", None)
        sign = rule.sign or 1
        if rule.frame == "couch":
            sign *= position_sign(rule.column, patient_position or "")
        unit = (units or {}).get(rule.column, rule.unit)
        value = values[rule.field]
        found[rule.column] = None if value is None else sign * _scaled(value, unit, rule)
    return found


def wrap_degrees(angle_deg: Decimal) -> Decimal:
    """The same direction between -180 (included) and 180 degrees, without rounding.

    >>> wrap_degrees(Decimal("359.8")), wrap_degrees(Decimal(180))
    (Decimal('-0.2'), Decimal('-180'))
    """
    turned = (angle_deg + 180) % 360
    return (turned + 360 if turned < 0 else turned) - 180


def _scaled(value: Decimal | float, unit: str, rule: AxisRule) -> float:
    factor = factor_to_canonical(unit)
    if (unit in {"deg", "rad"}) != rule.is_rotation:
        raise OutOfRange(f"units.{rule.column}", "a unit of length, or deg for angles", unit)
    # In decimal arithmetic, so that 0.57 cm is 5.7 mm and not 5.699999999999999.
    exact = (value if isinstance(value, Decimal) else Decimal(str(value))) * Decimal(factor)
    return float(wrap_degrees(exact) if rule.is_rotation and abs(exact) > 180 else exact)
