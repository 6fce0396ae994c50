"""Silent faults put into a clean cohort, of a stated size: what quality flags are measured with.

Each fault is one that logs really have. It takes a table with ``patient_id``, ``fraction``,
``lr_mm``, ``si_mm``, ``ap_mm`` and ``source`` and gives the table that a clinic would then hand in.
Assumptions and limits: one fault at a time; patients and rows are hit at random unless said
otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import WrongUsage

_AXES: Final = [axis_column(axis) for axis in TRANSLATIONS]
_RESIDUAL_SD_MM: Final = 0.5
_GROSS_ROWS: Final = 4
_FREE_FRACTIONS: Final = 3
_STEPPED_SHARE: Final = 0.3

Injector = Callable[[pl.DataFrame, float, np.random.Generator], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault.

    ``words`` say what its size means; ``size`` is that to reach, ``sizes`` are others; ``code`` is
    the flag that should name it.
    """

    words: str
    size: float
    sizes: tuple[float, ...]
    code: str
    inject: Injector


def inject_fault(
    shifts: pl.DataFrame, name: str, *, rng: np.random.Generator, size: float | None = None
) -> pl.DataFrame:
    """The table with one fault in it; ``size`` as the fault's ``words`` say, its own where None.

    Raises `WrongUsage` when there is no such fault.

    >>> shifts = pl.DataFrame({"patient_id": ["a"], "fraction": [1], "lr_mm": [12.0],
    ...                        "si_mm": [-3.0], "ap_mm": [7.0], "source": ["x"]})
    >>> inject_fault(shifts, "rounding", rng=np.random.default_rng(1)).row(0)[2:5]
    (10.0, -5.0, 5.0)
    """
    if name not in FAULTS:
        raise WrongUsage(f"no fault {name!r}; there are {', '.join(FAULTS)}")
    fault = FAULTS[name]
    return fault.inject(shifts, fault.size if size is None else size, rng)


def _some_patients(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.Series:
    """Ids of a share of the patients, at least one."""
    ids = shifts["patient_id"].unique().sort()
    count = max(1, round(share * ids.len()))
    return ids.gather(np.sort(rng.permutation(ids.len())[:count]))


def _of(ids: pl.Series) -> pl.Expr:
    return pl.col("patient_id").is_in(ids.implode())


def _some_rows(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.Series:
    return pl.Series(rng.random(shifts.height) < share)


def _in_cm(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = _of(_some_patients(shifts, share, rng))
    return shifts.with_columns(pl.when(hit).then(pl.col(n) / 10.0).otherwise(n) for n in _AXES)


def _residuals(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = _some_rows(shifts, share, rng)
    left = _RESIDUAL_SD_MM * rng.standard_normal((shifts.height, len(_AXES)))
    return shifts.with_columns(
        pl.when(hit).then(pl.Series(left[:, place])).otherwise(name).alias(name)
        for place, name in enumerate(_AXES)
    )


def _gross(shifts: pl.DataFrame, value_mm: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = np.zeros(shifts.height, dtype=np.bool_)
    hit[rng.permutation(shifts.height)[:_GROSS_ROWS]] = True
    return shifts.with_columns(
        pl.when(pl.Series(hit)).then(value_mm).otherwise(name).alias(name) for name in _AXES
    )


def _merged(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    ids = _some_patients(shifts, share, rng)
    second, first = ids.gather_every(2, 1), ids.gather_every(2)
    renamed = dict(zip(second.to_list(), first.to_list(), strict=False))
    return shifts.with_columns(pl.col("patient_id").replace(renamed))


def _continued(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    merged = _merged(shifts, share, rng)
    return merged.with_columns(pl.int_range(1, pl.len() + 1).over("patient_id").alias("fraction"))


def _split(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = _of(_some_patients(shifts, share, rng))
    late = pl.col("fraction") > pl.col("fraction").max().over("patient_id") // 2
    other = pl.concat_str(pl.lit("other-"), pl.col("patient_id").hash(seed=1).cast(pl.String))
    return shifts.with_columns(patient_id=pl.when(hit & late).then(other).otherwise("patient_id"))


def _twice(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    return pl.concat([shifts, shifts.filter(_some_rows(shifts, share, rng))])


def _zeros(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = _some_rows(shifts, share, rng)
    return shifts.with_columns(pl.when(hit).then(0.0).otherwise(name).alias(name) for name in _AXES)


def _above(shifts: pl.DataFrame, level_mm: float, _rng: np.random.Generator) -> pl.DataFrame:
    free = pl.col("fraction") <= _FREE_FRACTIONS
    kept = shifts.with_columns(pl.when(free | (pl.col(n).abs() > level_mm)).then(n) for n in _AXES)
    return _with_a_value(kept)


def _vectors_above(
    shifts: pl.DataFrame, level_mm: float, _rng: np.random.Generator
) -> pl.DataFrame:
    length = pl.sum_horizontal(pl.col(name) ** 2 for name in _AXES).sqrt()
    return shifts.filter((pl.col("fraction") <= _FREE_FRACTIONS) | (length > level_mm))


def _small_unlogged(
    shifts: pl.DataFrame, level_mm: float, _rng: np.random.Generator
) -> pl.DataFrame:
    kept = shifts.with_columns(pl.when(pl.col(n).abs() >= level_mm).then(n) for n in _AXES)
    return _with_a_value(kept)


def _with_a_value(shifts: pl.DataFrame) -> pl.DataFrame:
    return shifts.filter(pl.any_horizontal(pl.col(_AXES).is_not_null()))


def _rounded(shifts: pl.DataFrame, grid_mm: float, _rng: np.random.Generator) -> pl.DataFrame:
    return shifts.with_columns((pl.col(name) / grid_mm).round() * grid_mm for name in _AXES)


def _flipped(shifts: pl.DataFrame, mean_mm: float, rng: np.random.Generator) -> pl.DataFrame:
    """The size is the group mean that the cohort is moved to before one source is turned."""
    turned = pl.col("source") == shifts["source"].max()
    moved = [(pl.col(n) - pl.col(n).mean() + mean_mm + _noise(shifts, rng)).alias(n) for n in _AXES]
    return shifts.with_columns(moved).with_columns(
        pl.when(turned).then(-pl.col(name)).otherwise(name).alias(name) for name in _AXES
    )


def _noise(shifts: pl.DataFrame, rng: np.random.Generator) -> float:
    """What the mean of a cohort of these patients misses its true value by."""
    means = shifts.group_by("patient_id").agg(pl.col(_AXES[0]).mean())[_AXES[0]]
    spread = means.std()
    return float(rng.normal()) * float(spread or 0.0) / float(np.sqrt(means.len()))  # type: ignore[arg-type]


def _stepped(shifts: pl.DataFrame, step_mm: float, rng: np.random.Generator) -> pl.DataFrame:
    hit = _of(_some_patients(shifts, _STEPPED_SHARE, rng))
    late = pl.col("fraction") > pl.col("fraction").max().over("patient_id") // 2
    axis = _AXES[1]
    return shifts.with_columns(pl.when(hit & late).then(pl.col(axis) + step_mm).otherwise(axis))


def _lost(shifts: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    return shifts.filter(~_some_rows(shifts, share, rng))


FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        "mixed_units": Fault(
            "share of the patients in cm", 0.25, (0.025, 0.05, 0.1, 0.5), "mixed_units", _in_cm
        ),
        "residual_rows": Fault(
            "share of rows that are residuals, SD 0.5 mm",
            0.3,
            (0.02, 0.05, 0.1, 0.2),
            "mixed_timing",
            _residuals,
        ),
        "gross_errors": Fault(
            "four rows at so many mm", 50.0, (10.0, 15.0, 20.0, 30.0), "gross_errors", _gross
        ),
        "merged_patients": Fault(
            "share of the patients merged in pairs",
            1.0,
            (0.05, 0.1, 0.25, 0.5),
            "merged_patients",
            _merged,
        ),
        "merged_and_renumbered": Fault(
            "share of the patients merged in pairs, one after the other",
            1.0,
            (0.1, 0.25, 0.5, 0.75),
            "change_of_reference",
            _continued,
        ),
        "duplicates": Fault(
            "share of the rows twice", 1.0, (0.01, 0.05, 0.2, 0.5), "duplicate_rows", _twice
        ),
        "zeros_for_missing": Fault(
            "share of the rows", 0.1, (0.005, 0.01, 0.02, 0.05), "zeros_for_missing", _zeros
        ),
        "threshold_logging": Fault(
            "shifts of an axis up to so many mm empty after fraction 3",
            3.0,
            (0.5, 1.0, 2.0, 5.0),
            "selective_logging",
            _above,
        ),
        "threshold_on_vector": Fault(
            "rows up to so many mm long missing after fraction 3",
            3.0,
            (1.0, 2.0, 4.0, 5.0),
            "selective_logging",
            _vectors_above,
        ),
        "small_not_logged": Fault(
            "shifts of an axis under so many mm empty",
            1.0,
            (0.25, 0.5, 0.75, 2.0),
            "selective_logging",
            _small_unlogged,
        ),
        "rounding": Fault("grid in mm", 5.0, (1.0, 2.0, 3.0, 4.0), "rounding", _rounded),
        "sign_flip": Fault(
            "half of the patients turned, group mean in mm",
            1.0,
            (0.5, 1.5, 2.0, 3.0),
            "sign_flip_by_source",
            _flipped,
        ),
        "change_of_reference": Fault(
            "step in mm on one axis of 30 % of the patients",
            4.0,
            (2.0, 3.0, 6.0, 8.0),
            "change_of_reference",
            _stepped,
        ),
        "split_ids": Fault(
            "share of the patients under two ids", 0.5, (0.025, 0.05, 0.1, 1.0), "split_ids", _split
        ),
        "missing_fractions": Fault(
            "share of the fractions, at random",
            0.2,
            (0.05, 0.1, 0.3, 0.5),
            "missing_fractions",
            _lost,
        ),
    }
)
