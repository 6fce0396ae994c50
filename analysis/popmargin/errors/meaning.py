"""What logged rows mean: the words for the error that a timing and a surrogate stand for."""

from typing import Final

_BY_TIMING: Final = {
    "before_correction": "set-up error before correction only",
    "after_correction": "residual error after correction only",
    "during_treatment": "position error during treatment only",
    "after_treatment": "position error after treatment only",
    "intra_fraction": "change of position from before to after treatment only",
}


def describe_error(timing: str, surrogate: str | None = None) -> str:
    """Words for what an analysis of these rows holds, and so what its margin covers.

    >>> describe_error("before_correction", "bone")
    'set-up error before correction only, matched on bone'
    """
    words = _BY_TIMING[timing]
    return words if surrogate is None else f"{words}, matched on {surrogate.replace('_', ' ')}"
